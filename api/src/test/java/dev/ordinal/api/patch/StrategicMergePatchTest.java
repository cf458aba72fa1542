package dev.ordinal.api.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.schema.Schema;

import org.junit.jupiter.api.Test;

class StrategicMergePatchTest {
    private static final Schema POD = Schema.load("v1", "Pod");
    private static final String TWO =
            "{'spec':{'containers':[{'name':'a','image':'1'},{'name':'b','image':'1'}]}}";

    private static ObjectNode json(String text) throws Exception {
        return (ObjectNode) new ObjectMapper().readTree(text.replace('\'', '"'));
    }

    private static String patched(String target, String patch) throws Exception {
        return StrategicMergePatch.apply(POD, json(target), json(patch))
                .toString()
                .replace('"', '\'');
    }

    @Test
    void mergesListElementsByTheirKey() throws Exception {
        assertThat(patched(TWO, "{'spec':{'containers':[{'name':'b','image':'2'},{'name':'c'}]}}"))
                .isEqualTo(
                        "{'spec':{'containers':[{'name':'a','image':'1'},{'name':'b','image':'2'},{'name':'c'}]}}");
    }

    @Test
    void ordersElementsAsAsked() throws Exception {
        assertThat(
                        patched(
                                TWO,
                                "{'spec':{'$setElementOrder/containers':[{'name':'b'},{'name':'a'}],"
                                    + "'containers':[{'name':'b','image':'x'}]}}"))
                .isEqualTo(
                        "{'spec':{'containers':[{'name':'b','image':'x'},{'name':'a','image':'1'}]}}");
    }

    @Test
    void deletesElements() throws Exception {
        assertThat(patched(TWO, "{'spec':{'containers':[{'name':'a','$patch':'delete'}]}}"))
                .isEqualTo("{'spec':{'containers':[{'name':'b','image':'1'}]}}");
    }

    @Test
    void replacesAMapOnDemand() throws Exception {
        assertThat(
                        patched(
                                "{'metadata':{'labels':{'a':'1','b':'2'}}}",
                                "{'metadata':{'labels':{'$patch':'replace','c':'3'}}}"))
                .isEqualTo("{'metadata':{'labels':{'c':'3'}}}");
    }

    @Test
    void retainsOnlyTheNamedKeys() throws Exception {
        assertThat(
                        patched(
                                "{'spec':{'volumes':[{'name':'v','hostPath':{'path':'/x'}}]}}",
                                "{'spec':{'volumes':[{'$retainKeys':['name','emptyDir'],'name':'v','emptyDir':{}}]}}"))
                .isEqualTo("{'spec':{'volumes':[{'name':'v','emptyDir':{}}]}}");
    }

    @Test
    void removesFinalizersOneByOne() throws Exception {
        assertThat(
                        patched(
                                "{'metadata':{'finalizers':['a/x','b/y']}}",
                                "{'metadata':{'$deleteFromPrimitiveList/finalizers':['a/x']}}"))
                .isEqualTo("{'metadata':{'finalizers':['b/y']}}");
    }

    @Test
    void replacesListsWithoutAMergeKey() throws Exception {
        assertThat(
                        patched(
                                "{'spec':{'tolerations':[{'key':'a'}]}}",
                                "{'spec':{'tolerations':[{'key':'b'}]}}"))
                .isEqualTo("{'spec':{'tolerations':[{'key':'b'}]}}");
    }

    @Test
    void refusesAnElementWithoutItsKey() {
        assertThatThrownBy(() -> patched(TWO, "{'spec':{'containers':[{'image':'2'}]}}"))
                .hasMessage("map: map[image:2] does not contain declared merge key: name");
    }
}
