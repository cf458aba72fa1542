package dev.ordinal.api.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonPatchTest {
    private static JsonNode json(String text) throws Exception {
        return new ObjectMapper().readTree(text.replace('\'', '"'));
    }

    private static String patched(String target, String patch) throws Exception {
        return JsonPatch.apply(json(target), (ArrayNode) json(patch)).toString().replace('"', '\'');
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'a':[1,2]}|[{'op':'add','path':'/a/1','value':9}]|{'a':[1,9,2]}",
                "{'a':[1]}|[{'op':'add','path':'/a/-','value':9}]|{'a':[1,9]}",
                "{'a':[1,2]}|[{'op':'remove','path':'/a/-1'}]|{'a':[1]}",
                "{'a/b':1}|[{'op':'replace','path':'/a~1b','value':2}]|{'a/b':2}",
                "{'a':1}|[{'op':'move','from':'/a','path':'/b'}]|{'b':1}",
                "{'a':{'x':1}}|[{'op':'copy','from':'/a','path':'/b'}]|{'a':{'x':1},'b':{'x':1}}",
                "{'a':1}|[{'op':'test','path':'/a','value':1.0},{'op':'add','path':'/b','value':null}]|{'a':1,'b':null}"
            })
    void appliesOperations(String target, String patch, String result) throws Exception {
        assertThat(patched(target, patch)).isEqualTo(result);
    }

    @Test
    void aFailedTestRevealsNothing() {
        assertThatThrownBy(() -> patched("{'a':1}", "[{'op':'test','path':'/a','value':2}]"))
                .hasMessage("the server rejected our request due to an error in our request");
    }

    @Test
    void mergePatchesRemoveByNull() throws Exception {
        assertThat(
                        MergePatch.apply(
                                json("{'a':{'b':1,'c':[1]}}"), json("{'a':{'b':null,'c':[2]}}")))
                .isEqualTo(json("{'a':{'c':[2]}}"));
    }
}
