package dev.ordinal.kinds.customresourcedefinition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Status;
import dev.ordinal.api.Stored;
import dev.ordinal.api.table.Tables;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.kinds.namespace.NamespaceController;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// Definitions, and the objects of the kinds they describe.
class CustomResourceDefinitionsTest {
    private static final GroupVersionResource DEFINITIONS = CustomResourceDefinitions.KIND.type();
    private static final GroupVersionResource BOATS =
            GroupVersionResource.of("sea.example.com/v1", "boats");
    private static final GroupVersionResource OLD_BOATS =
            GroupVersionResource.of("sea.example.com/v1beta1", "boats");
    private static final String SCHEMA =
            "{'type':'object','required':['spec'],'properties':{'spec':{'type':'object',"
                    + "'required':['name'],'properties':{"
                    + "'name':{'type':'string','minLength':2,'pattern':'^[a-z]+$'},"
                    + "'size':{'type':'integer','minimum':1,'default':3},"
                    + "'kind':{'type':'string','enum':['sail','motor']},"
                    + "'port':{'x-kubernetes-int-or-string':true},"
                    + "'free':{'type':'object','x-kubernetes-preserve-unknown-fields':true},"
                    + "'crew':{'type':'array','x-kubernetes-list-type':'map',"
                    + "'x-kubernetes-list-map-keys':['name'],'items':{'type':'object',"
                    + "'required':['name'],'properties':{'name':{'type':'string'},"
                    + "'rank':{'type':'string','default':'mate'}}}}}},"
                    + "'status':{'type':'object','properties':{'afloat':{'type':'integer'},"
                    + "'selector':{'type':'string'}}}}}";

    private TestCluster cluster;

    @BeforeEach
    void start() throws InterruptedException {
        cluster = new TestCluster(1);
        cluster.collectGarbage();
        cluster.run(
                (api, informers) ->
                        new DefinitionController(
                                api, informers, cluster.customKinds, () -> cluster.now));
        cluster.run((api, informers) -> new NamespaceController(api, informers, () -> cluster.now));
        cluster.settle();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static String definition(String plural, String kind, String schema) {
        return ("{'metadata':{'name':'%1$s.sea.example.com'},'spec':{'group':'sea.example.com',"
                        + "'scope':'Namespaced','names':{'plural':'%1$s','kind':'%2$s',"
                        + "'shortNames':['%3$s']},'versions':["
                        + "{'name':'v1beta1','served':true,'storage':false,'schema':"
                        + "{'openAPIV3Schema':%4$s},'subresources':{'status':{}}},"
                        + "{'name':'v1','served':true,'storage':true,'schema':"
                        + "{'openAPIV3Schema':%4$s},'selectableFields':[{'jsonPath':'.spec.kind'}],"
                        + "'additionalPrinterColumns':[{'name':'Size','type':'integer',"
                        + "'jsonPath':'.spec.size'},{'name':'First','type':'string',"
                        + "'jsonPath':'.spec.crew[?(@.rank==\\\"mate\\\")].name'}],"
                        + "'subresources':{'status':{},'scale':{'specReplicasPath':'.spec.size',"
                        + "'statusReplicasPath':'.status.afloat',"
                        + "'labelSelectorPath':'.status.selector'}}}]}}")
                .formatted(plural, kind, plural.substring(0, 2), schema);
    }

    private Stored define() throws InterruptedException {
        cluster.create(DEFINITIONS, null, definition("boats", "Boat", SCHEMA));
        cluster.settle();
        return cluster.api.get(DEFINITIONS, null, "boats.sea.example.com");
    }

    private Stored boat(String spec) {
        return create(BOATS, "{'metadata':{'name':'b'}," + spec + "}");
    }

    /// @param text of a boat, but for what it is
    private Stored create(GroupVersionResource type, String text) {
        return post(type, boat(type.version(), text));
    }

    private static String boat(String version, String text) {
        var head = "{'apiVersion':'sea.example.com/%s','kind':'Boat',".formatted(version);
        return head + text.substring(1);
    }

    private Stored post(GroupVersionResource type, String text) {
        var body = new Api.Body.Text(bytes(text), "application/json");
        return cluster.api.create(type, "default", body, Api.WriteOptions.by("test")).object();
    }

    private static byte[] bytes(String text) {
        return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    private Stored merge(String subresource, String patch) {
        return cluster.api
                .patch(
                        BOATS,
                        "default",
                        "b",
                        subresource,
                        new Api.Patch(Api.Patch.MERGE, bytes(patch)),
                        Api.WriteOptions.by("test"))
                .object();
    }

    private static List<String> problems(Runnable write) {
        var refused = catchThrowableOfType(ApiException.class, write::run);
        assertThat(refused.code()).as(refused.getMessage()).isEqualTo(422);
        return refused.status().details().causes().stream()
                .map(c -> c.reason() + " " + c.field() + ": " + c.message())
                .toList();
    }

    private static String condition(Stored crd, String type) {
        JsonNode condition = Conditions.find(crd.tree(), type);
        return condition == null
                ? ""
                : condition.path("status").asText() + " " + condition.path("reason").asText();
    }

    @Rule({"api 12.2", "api 12.12"})
    @Test
    void isEstablishedWithItsNames() throws InterruptedException {
        var created = cluster.create(DEFINITIONS, null, definition("boats", "Boat", SCHEMA));
        assertThat(created.tree().at("/status").toString())
                .isEqualTo(
                        "{\"acceptedNames\":{\"kind\":\"\",\"plural\":\"\"},\"conditions\":null,"
                                + "\"storedVersions\":[\"v1\"]}");
        cluster.settle();
        var crd = cluster.api.get(DEFINITIONS, null, "boats.sea.example.com");
        assertThat(condition(crd, "NamesAccepted")).isEqualTo("True NoConflicts");
        assertThat(condition(crd, "Established")).isEqualTo("True InitialNamesAccepted");
        assertThat(crd.tree().at("/status/acceptedNames")).isEqualTo(crd.tree().at("/spec/names"));
        assertThat(crd.tree().at("/spec/names/listKind").asText()).isEqualTo("BoatList");
        assertThat(crd.tree().at("/spec/conversion/strategy").asText()).isEqualTo("None");
    }

    @Rule("api 12.2")
    @Test
    void aTakenNameIsAcceptedWhenItIsFree() throws InterruptedException {
        define();
        cluster.create(DEFINITIONS, null, definition("boots", "Boat", SCHEMA));
        cluster.settle();
        var second = cluster.api.get(DEFINITIONS, null, "boots.sea.example.com");
        assertThat(condition(second, "NamesAccepted")).isEqualTo("False ListKindConflict");
        assertThat(condition(second, "Established")).isEqualTo("False NotAccepted");
        assertThat(cluster.api.kinds().stream().map(Kind::plural)).doesNotContain("boots");
        cluster.api.delete(DEFINITIONS, null, "boats.sea.example.com", Api.DeleteOptions.DEFAULT);
        cluster.settle();
        second = cluster.api.get(DEFINITIONS, null, "boots.sea.example.com");
        assertThat(condition(second, "Established")).isEqualTo("True InitialNamesAccepted");
    }

    @Rule("api 12.5")
    @Test
    void unknownFieldsGoAndDefaultsCome() throws InterruptedException {
        define();
        var stored =
                boat(
                        "'spec':{'name':'ada','rudder':1,'free':{'any':1},'port':'http',"
                                + "'crew':[{'name':'bo','x':1}]},'status':{'afloat':1}");
        assertThat(stored.tree().path("spec").toString())
                .isEqualTo(
                        "{\"crew\":[{\"name\":\"bo\",\"rank\":\"mate\"}],\"free\":{\"any\":1},"
                                + "\"name\":\"ada\",\"port\":\"http\",\"size\":3}");
        assertThat(stored.tree().has("status")).isFalse();
        assertThat(stored.tree().at("/metadata/generation").asInt()).isEqualTo(1);
    }

    @Rule("api 12.5")
    @Test
    void unknownFieldsAreRefusedWhereThatIsAskedFor() throws InterruptedException {
        define();
        var text = "{'metadata':{'name':'b'},'spec':{'name':'ada','crew':[{'name':'x','y':1}]}}";
        var refused =
                catchThrowableOfType(
                        ApiException.class,
                        () -> cluster.create(BOATS, "default", boat("v1", text)));
        assertThat(refused.getMessage())
                .isEqualTo(
                        "Boat in version \"v1\" cannot be handled as a Boat: strict decoding error:"
                                + " unknown field \"spec.crew[0].y\"");
    }

    @Test
    void anObjectHasToSayWhatItIs() throws InterruptedException {
        define();
        var kind = "{'apiVersion':'sea.example.com/v1','metadata':{'name':'b'}}";
        assertThat(refusal(kind).getMessage())
                .isEqualTo(
                        "the object provided is unrecognized (must be of type Boat): Object 'Kind'"
                                + " is missing in '%1$s' (%2$s ...)"
                                        .formatted(
                                                kind.replace('\'', '"'),
                                                kind.replace('\'', '"').substring(0, 30)));
        assertThat(refusal("{'kind':'Boat','metadata':{'name':'b'}}").getMessage())
                .isEqualTo(
                        "the API version in the data () does not match the expected API version"
                                + " (sea.example.com/v1)");
        var other =
                refusal("{'apiVersion':'sea.example.com/v1','kind':'Car','metadata':{'name':'b'}}");
        assertThat(other.code()).isEqualTo(422);
        assertThat(other.getMessage())
                .isEqualTo(
                        "Car.sea.example.com \"b\" is invalid: kind: Invalid value: \"Car\": must"
                                + " be Boat");
    }

    private ApiException refusal(String text) {
        return catchThrowableOfType(ApiException.class, () -> post(BOATS, text));
    }

    @Rule("api 12.6")
    @Test
    void valuesAreCheckedInUpstreamsWords() throws InterruptedException {
        define();
        assertThat(
                        problems(
                                () ->
                                        boat(
                                                "'spec':{'name':'A','size':0,'kind':'rowing',"
                                                    + "'port':true,'crew':[{'name':'a'},{'name':'a'}]}")))
                .containsExactlyInAnyOrder(
                        "FieldValueInvalid spec.name: Invalid value: \"A\": spec.name in body"
                                + " should be at least 2 chars long",
                        "FieldValueInvalid spec.size: Invalid value: 0: spec.size in body should be"
                                + " greater than or equal to 1",
                        "FieldValueNotSupported spec.kind: Unsupported value: \"rowing\": supported"
                                + " values: \"sail\", \"motor\"",
                        "FieldValueTypeInvalid spec.port: Invalid value: \"boolean\": spec.port in"
                                + " body must be of type integer,string: \"boolean\"",
                        "FieldValueDuplicate spec.crew[1]: Duplicate value: {\"name\":\"a\"}");
        assertThat(problems(() -> boat("'spec':{'name':'AB'}")))
                .containsExactly(
                        "FieldValueInvalid spec.name: Invalid value: \"AB\": spec.name in body"
                                + " should match '^[a-z]+$'");
        assertThat(problems(() -> boat("'x':1")))
                .containsExactly("FieldValueRequired spec: Required value");
        assertThat(problems(() -> boat("'spec':{'name':'ada','size':'big'}")))
                .contains(
                        "FieldValueTypeInvalid spec.size: Invalid value: \"string\": spec.size in"
                                + " body must be of type integer: \"string\"");
    }

    @Test
    void whatAnUpdateLeavesAloneMayBeWrong() throws InterruptedException {
        define();
        boat("'spec':{'name':'ada'}");
        var stricter = SCHEMA.replace("'minLength':2", "'minLength':9");
        var crd = cluster.api.get(DEFINITIONS, null, "boats.sea.example.com").copy();
        var fresh = TestCluster.json(definition("boats", "Boat", stricter));
        crd.withObjectProperty("spec").set("versions", fresh.at("/spec/versions"));
        cluster.api.update(
                DEFINITIONS,
                null,
                "boats.sea.example.com",
                null,
                new Api.Body.Tree(crd),
                Api.WriteOptions.by("test"));
        assertThat(merge(null, "{'spec':{'size':5}}").tree().at("/spec/size").asInt()).isEqualTo(5);
        assertThat(problems(() -> merge(null, "{'spec':{'name':'bob'}}"))).hasSize(1);
    }

    @Rule("api 12.8")
    @Test
    void statusAndScaleAreWrittenApart() throws InterruptedException {
        define();
        boat("'spec':{'name':'ada'}");
        var status =
                merge(
                        "status",
                        "{'metadata':{'labels':{'a':'b'}},'spec':{'size':9},"
                                + "'status':{'afloat':2,'selector':'a=b'}}");
        assertThat(status.tree().at("/spec/size").asInt()).isEqualTo(3);
        assertThat(status.tree().at("/metadata").has("labels")).isFalse();
        assertThat(status.tree().at("/metadata/generation").asInt()).isEqualTo(1);
        var scale = merge("scale", "{'spec':{'replicas':7}}");
        assertThat(scale.tree().path("kind").asText()).isEqualTo("Scale");
        assertThat(scale.tree().path("status").toString())
                .isEqualTo("{\"replicas\":2,\"selector\":\"a=b\"}");
        var boat = cluster.api.get(BOATS, "default", "b").tree();
        assertThat(boat.at("/spec/size").asInt()).isEqualTo(7);
        assertThat(boat.at("/metadata/generation").asInt()).isEqualTo(2);
    }

    @Rule("api 12.4")
    @Test
    void strategicMergeIsNotForThem() throws InterruptedException {
        define();
        boat("'spec':{'name':'ada'}");
        var refused =
                catchThrowableOfType(
                        ApiException.class,
                        () -> cluster.patch(BOATS, "default", "b", null, "{'spec':{'size':5}}"));
        assertThat(refused.code()).isEqualTo(415);
    }

    @Rule("api 12.9")
    @Test
    void everyVersionShowsTheSameObjects() throws InterruptedException {
        define();
        create(OLD_BOATS, "{'metadata':{'name':'b'},'spec':{'name':'ada'}}");
        assertThat(cluster.api.get(OLD_BOATS, "default", "b").tree().path("apiVersion").asText())
                .isEqualTo("sea.example.com/v1beta1");
        var listed = cluster.api.list(BOATS, "default", Api.ListOptions.ALL).items();
        assertThat(listed).hasSize(1);
        assertThat(listed.getFirst().tree().path("apiVersion").asText())
                .isEqualTo("sea.example.com/v1");
    }

    @Rule("api 12.10")
    @Test
    void columnsAndSelectableFields() throws InterruptedException {
        define();
        boat("'spec':{'name':'ada','kind':'sail','crew':[{'name':'bo'}]}");
        var kind = kind();
        var listing = cluster.api.list(BOATS, "default", Api.ListOptions.ALL);
        var table = Tables.of(kind, listing, Tables.Include.NONE, cluster.now);
        assertThat(table.at("/rows/0/cells").toString()).isEqualTo("[\"b\",3,\"bo\"]");
        assertThat(selected("spec.kind=sail")).isEqualTo(1);
        assertThat(selected("spec.kind=motor")).isZero();
    }

    private Kind kind() {
        return cluster.api.kinds().stream()
                .filter(k -> k.type().equals(BOATS))
                .findFirst()
                .orElseThrow();
    }

    private int selected(String fields) {
        var options = new Api.ListOptions("", fields, "", "", 0, "");
        return cluster.api.list(BOATS, "default", options).items().size();
    }

    @Rule("api 12.11")
    @Test
    void aDeletedDefinitionTakesItsObjectsAlong() throws InterruptedException {
        define();
        boat("'spec':{'name':'ada'}");
        merge(null, "{'metadata':{'finalizers':['example.com/hold']}}");
        var deleted =
                cluster.api.delete(
                        DEFINITIONS, null, "boats.sea.example.com", Api.DeleteOptions.DEFAULT);
        assertThat(deleted.gone()).isFalse();
        assertThat(condition(deleted.object(), "Terminating"))
                .isEqualTo("True InstanceDeletionPending");
        cluster.settle();
        var crd = cluster.api.get(DEFINITIONS, null, "boats.sea.example.com");
        assertThat(condition(crd, "Terminating")).isEqualTo("True InstanceDeletionInProgress");
        var refused =
                catchThrowableOfType(
                        ApiException.class,
                        () -> create(BOATS, "{'metadata':{'name':'c'},'spec':{'name':'ada'}}"));
        assertThat(refused.getMessage())
                .isEqualTo(
                        "boats.sea.example.com \"c\" is forbidden: create not allowed while custom"
                                + " resource definition is terminating");
        merge(null, "{'metadata':{'finalizers':null}}");
        cluster.settle();
        assertThat(cluster.names(DEFINITIONS, null)).isEmpty();
        assertThat(cluster.api.kinds().stream().map(Kind::type)).doesNotContain(BOATS, OLD_BOATS);
    }

    @Test
    void ownersAndNamespacesTakeThemAlong() throws InterruptedException {
        define();
        var owner = cluster.create(Types.CONFIG_MAPS, "default", "{'metadata':{'name':'owner'}}");
        create(
                BOATS,
                "{'metadata':{'name':'b','ownerReferences':[{'apiVersion':'v1','kind':'ConfigMap',"
                        + "'name':'owner','uid':'%s'}]},'spec':{'name':'ada'}}"
                                .formatted(owner.uid()));
        cluster.settle();
        cluster.api.delete(Types.CONFIG_MAPS, "default", "owner", Api.DeleteOptions.DEFAULT);
        cluster.settle();
        assertThat(cluster.names(BOATS, "default")).isEmpty();
        cluster.create(Types.NAMESPACES, null, "{'metadata':{'name':'harbour'}}");
        cluster.create(
                BOATS, "harbour", boat("v1", "{'metadata':{'name':'b'},'spec':{'name':'ada'}}"));
        cluster.settle();
        cluster.api.delete(Types.NAMESPACES, null, "harbour", Api.DeleteOptions.DEFAULT);
        cluster.settle();
        assertThat(cluster.names(BOATS, "harbour")).isEmpty();
        assertThat(cluster.names(Types.NAMESPACES, null)).containsExactly("default");
    }

    @Rule({"api 12.1", "api 12.3"})
    @Test
    void aDefinitionIsChecked() {
        var wrong =
                definition("boats", "Boat", "{'type':'object','properties':{'a':{'items':{}}}}")
                        .replace("boats.sea.example.com", "ships.sea.example.com")
                        .replace("'Namespaced'", "'World'")
                        .replace("'storage':true", "'storage':false");
        assertThat(problems(() -> cluster.create(DEFINITIONS, null, wrong)))
                .contains(
                        "FieldValueInvalid metadata.name: Invalid value: \"ships.sea.example.com\":"
                                + " must be spec.names.plural+\".\"+spec.group",
                        "FieldValueNotSupported spec.scope: Unsupported value: \"World\": supported"
                                + " values: \"Cluster\", \"Namespaced\"",
                        "FieldValueRequired"
                                + " spec.validation.openAPIV3Schema.properties[a].type:"
                                + " Required value: must not be empty for specified object fields",
                        "FieldValueRequired"
                                + " spec.validation.openAPIV3Schema.properties[a].items.type:"
                                + " Required value: must not be empty for specified array items");
        assertThat(problems(() -> cluster.create(DEFINITIONS, null, wrong)))
                .anyMatch(
                        p -> p.endsWith("must have exactly one version marked as storage version"));
    }

    @Rule("api 12.7")
    @Test
    void rulesHoldAfterAStartAndOnlyForSoundObjects() throws InterruptedException {
        var rules =
                SCHEMA.replaceFirst(
                        "'spec':\\{",
                        "'spec':{'x-kubernetes-validations':[{'rule':'self.size < 9'}],");
        cluster.create(DEFINITIONS, null, definition("boats", "Boat", rules));
        cluster.settle();
        new CustomKinds().load(cluster.api);
        assertThat(problems(() -> boat("'spec':{'name':'ada','size':9}")))
                .containsExactly(
                        "FieldValueInvalid spec: Invalid value: failed rule: self.size < 9");
        assertThat(problems(() -> boat("'spec':{'size':9}")))
                .containsExactly(
                        "FieldValueRequired spec.name: Required value",
                        "FieldValueInvalid <nil>: Invalid value: null: some validation rules were"
                            + " not checked because the object was invalid; correct the existing"
                            + " errors to complete validation");
    }

    @Test
    void nestedSchemasMayOnlyCheckValues() {
        var nested =
                "{'type':'object','properties':{'a':{'type':'string'}},'oneOf':[{'properties':"
                        + "{'a':{'type':'string'},'b':{'minLength':1}}}]}";
        assertThat(
                        problems(
                                () ->
                                        cluster.create(
                                                DEFINITIONS,
                                                null,
                                                definition("boats", "Boat", nested)
                                                        .replace(
                                                                "'subresources':{'status':{}}},",
                                                                "'subresources':{}},"))))
                .contains(
                        "FieldValueForbidden spec.validation.openAPIV3Schema.oneOf[0]."
                                + "properties[a].type: Forbidden: must be empty to be structural",
                        "FieldValueRequired spec.validation.openAPIV3Schema.properties[b]:"
                                + " Required value: because it is defined in"
                                + " spec.validation.openAPIV3Schema.oneOf[0].properties[b]");
    }

    @Rule("api 12.9")
    @Test
    void versionsAreInTheOrderOfTheirMaturity() {
        var versions =
                new java.util.ArrayList<>(
                        List.of("foo1", "v1beta2", "v2", "v1", "v10", "v1alpha1", "v3beta1", "a"));
        versions.sort(Versions.NEWEST);
        assertThat(versions)
                .containsExactly("v10", "v2", "v1", "v3beta1", "v1beta2", "v1alpha1", "a", "foo1");
    }

    @Test
    void servesAgainAfterAStart() throws InterruptedException {
        define();
        boat("'spec':{'name':'ada'}");
        new CustomKinds().load(cluster.api);
        assertThat(cluster.names(BOATS, "default")).containsExactly("b");
    }

    @Test
    void aStatusOfARefusalNamesItsGroup() throws InterruptedException {
        define();
        Status status = catchThrowableOfType(ApiException.class, () -> boat("'spec':{}")).status();
        assertThat(status.message())
                .isEqualTo("Boat.sea.example.com \"b\" is invalid: spec.name: Required value");
    }
}
