package dev.ordinal.api.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldSetTest {
    private static FieldSet set(String text) throws Exception {
        return FieldSet.parse(text.replace('\'', '"'));
    }

    @Test
    void elementsComeInUpstreamsOrder() throws Exception {
        var given =
                set(
                        "{'i:1':{},'v:true':{},'v:\\'b\\'':{},'v:10':{},'v:9.5':{},'k:{\\'name\\':\\'b\\'}':{},"
                            + "'k:{\\'name\\':\\'a\\',\\'port\\':80}':{'.':{},'f:x':{}},'f:b':{},'f:a':{'f:z':{}}}");

        assertEquals(
                "{'f:a':{'f:z':{}},'f:b':{},'k:{\\'name\\':\\'a\\',\\'port\\':80}':{'.':{},'f:x':{}},"
                    + "'k:{\\'name\\':\\'b\\'}':{},'v:9.5':{},'v:10':{},'v:\\'b\\'':{},'v:true':{},'i:1':{}}",
                given.text().replace('"', '\''));
    }

    @Test
    void pathsReadAsInConflicts() throws Exception {
        var given =
                set("{'f:a':{'.':{},'k:{\\'n\\':\\'x\\',\\'p\\':1}':{'f:v':{}},'v:\\'s\\'':{}}}");

        assertEquals(
                """
                .a
                .a[="s"]
                .a[n="x",p=1].v\
                """,
                given.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {'f:a':{}}                | {'f:b':{}}          | {'f:a':{},'f:b':{}}       | {}         | {'f:a':{}}                | {'f:a':{}}
                    {'f:a':{'f:b':{}}}        | {'f:a':{}}          | {'f:a':{'.':{},'f:b':{}}} | {}         | {'f:a':{'f:b':{}}}        | {}
                    {'f:a':{'.':{},'f:b':{}}} | {'f:a':{'f:b':{}}}  | {'f:a':{'.':{},'f:b':{}}} | {'f:a':{'f:b':{}}} | {'f:a':{}}        | {'f:a':{}}
                    {'f:a':{'f:b':{}}}        | {'f:a':{'f:b':{}}}  | {'f:a':{'f:b':{}}}        | {'f:a':{'f:b':{}}} | {}               | {}
                    {}                        | {'f:a':{}}          | {'f:a':{}}                | {}         | {}                        | {}
                    """)
    void setsAreJoinedSharedAndTakenApart(
            String left, String right, String union, String shared, String rest, String deep)
            throws Exception {
        assertEquals(set(union), set(left).union(set(right)));
        assertEquals(set(shared), set(left).intersection(set(right)));
        assertEquals(set(rest), set(left).difference(set(right)));
        assertEquals(set(deep), set(left).recursiveDifference(set(right)));
    }

    @Test
    void whatIsNoFieldSetIsRefused() {
        assertThrows(FieldSet.MalformedException.class, () -> set("[]"));
        assertThrows(FieldSet.MalformedException.class, () -> set("{'a':{}}"));
        assertThrows(FieldSet.MalformedException.class, () -> set("{'f:a':1}"));
        assertThrows(FieldSet.MalformedException.class, () -> set("{'k:x':{}}"));
    }

    @Test
    void elementsOfUnknownTypesArePassedOver() throws Exception {
        assertEquals("{\"f:a\":{}}", set("{'z:a':{'f:b':{}},'f:a':{}}").text());
    }
}
