package dev.ordinal.server.discovery;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Form;
import dev.ordinal.api.Kind;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.api.schema.Schema.Field;

import java.util.List;
import java.util.Map;

/// The definitions of one OpenAPI document, each with all it refers to.
final class OpenApiSchemas {
    static final String EXTENSION = "x-kubernetes-group-version-kind";

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private static final String MACHINERY = "io.k8s.apimachinery.pkg.";

    /// Fields of what is no kind: `name type` each, `*` for lists, other types being definitions.
    private static final Map<String, String> PLAIN =
            Map.of(
                    "ListMeta",
                    "continue string,remainingItemCount int64,resourceVersion string,selfLink"
                            + " string",
                    "Status",
                    "apiVersion string,code int32,details StatusDetails,kind string,message string,"
                            + "metadata ListMeta,reason string,status string",
                    "StatusDetails",
                    "causes StatusCause*,group string,kind string,name string,"
                            + "retryAfterSeconds int32,uid string",
                    "StatusCause",
                    "field string,message string,reason string",
                    "WatchEvent",
                    "object RawExtension,type string");

    private final Descriptions words;
    private final ObjectNode schemas = NODES.objectNode();

    OpenApiSchemas(Descriptions words) {
        this.words = words;
    }

    ObjectNode tree() {
        return schemas;
    }

    /// @return a schema that refers to the kind's objects
    ObjectNode kind(Kind kind) {
        var form = kind.form();
        if (form != null) return publish(kind, form);
        return kind(kind.schema(), kind.group(), kind.type().version());
    }

    /// A custom resource: what its definition says, with the fields every object has.
    private ObjectNode publish(Kind kind, Form form) {
        var root = kind.schema().root();
        if (!schemas.has(root.definition())) {
            var schema = form.published();
            schemas.set(root.definition(), schema);
            var properties = schema.withObjectProperty("properties");
            for (var name : List.of("apiVersion", "kind", "metadata")) {
                var field = root.properties().get(name);
                if (field == null) continue;
                var described = schema(name, field);
                describe(described, "", words.of(root.definition(), name).words());
                properties.set(name, described);
            }
            var extension = schema.putArray(EXTENSION).addObject();
            gvk(extension, kind.group(), kind.type().version(), kind.kind());
        }
        return reference(root.definition());
    }

    /// @param group as it stands in the extension
    ObjectNode kind(Schema schema, String group, String version) {
        var definition = define(schema.root());
        if (!definition.has(EXTENSION)) {
            gvk(definition.putArray(EXTENSION).addObject(), group, version, schema.kind());
        }
        return reference(schema.root().definition());
    }

    /// The list of a kind.
    ObjectNode list(Kind kind) {
        var name = kind.schema().root().definition() + "List";
        if (!schemas.has(name)) {
            var list = schemas.putObject(name);
            list.put("type", "object").put("description", "A list of " + kind.kind() + " objects.");
            var properties = list.putObject("properties");
            for (var field : List.of("apiVersion", "items", "kind", "metadata")) {
                var schema = properties.putObject(field);
                switch (field) {
                    case "items" -> schema.put("type", "array").set("items", kind(kind));
                    case "metadata" -> refer(schema, plain("ListMeta"));
                    default -> schema.put("type", "string");
                }
                schema.put("description", words.of("*", field).words());
            }
            list.putArray("required").add("items");
            gvk(
                    list.putArray(EXTENSION).addObject(),
                    kind.group(),
                    kind.type().version(),
                    kind.kind() + "List");
        }
        return reference(name);
    }

    static void gvk(ObjectNode target, String group, String version, String kind) {
        target.put("group", group).put("kind", kind).put("version", version);
    }

    /// Status, WatchEvent, ListMeta, and the types that have no fields.
    ObjectNode plain(String name) {
        var whole =
                switch (name) {
                    case "Quantity" -> MACHINERY + "api.resource." + name;
                    case "IntOrString" -> MACHINERY + "util.intstr." + name;
                    case "RawExtension" -> MACHINERY + "runtime." + name;
                    default -> META + name;
                };
        if (!schemas.has(whole)) definePlain(schemas.putObject(whole), name, whole);
        return reference(whole);
    }

    private void definePlain(ObjectNode schema, String name, String whole) {
        schema.put("description", words.of(whole));
        switch (name) {
            case "Time", "MicroTime" -> schema.put("type", "string").put("format", "date-time");
            case "IntOrString" -> {
                schema.put("format", "int-or-string");
                either(schema, "integer");
            }
            case "Quantity" -> either(schema, "number");
            case "RawExtension", "FieldsV1", "Patch" -> schema.put("type", "object");
            default -> {
                schema.put("type", "object");
                var properties = schema.putObject("properties");
                for (var field : PLAIN.getOrDefault(name, "").split(",", -1)) {
                    var parts = field.split(" ", -1);
                    var property = properties.putObject(parts[0]);
                    type(property, parts[1]);
                    property.put("description", words.of(whole, parts[0]).words());
                }
                if (name.equals("WatchEvent"))
                    schema.putArray("required").add("type").add("object");
            }
        }
        if (name.equals("Status") || name.equals("WatchEvent")) {
            gvk(schema.putArray(EXTENSION).addObject(), "", "v1", name);
        }
    }

    private void type(ObjectNode schema, String type) {
        switch (type) {
            case "string" -> schema.put("type", type);
            case "int32", "int64" -> schema.put("type", "integer").put("format", type);
            default -> {
                if (!type.endsWith("*")) refer(schema, plain(type));
                else {
                    schema.put("type", "array");
                    schema.set("items", plain(type.substring(0, type.length() - 1)));
                }
            }
        }
    }

    private static void either(ObjectNode schema, String other) {
        var either = schema.putArray("oneOf");
        either.addObject().put("type", other.equals("integer") ? other : "string");
        either.addObject().put("type", other.equals("integer") ? "string" : other);
    }

    private static ObjectNode reference(String definition) {
        return NODES.objectNode().put("$ref", "#/components/schemas/" + definition);
    }

    /// Beside a `$ref` nothing else counts, so that it goes into an `allOf`.
    private static void refer(ObjectNode schema, ObjectNode reference) {
        schema.putArray("allOf").add(reference);
    }

    private ObjectNode define(Field object) {
        if (schemas.get(object.definition()) instanceof ObjectNode known) return known;
        var schema = schemas.putObject(object.definition());
        schema.put("type", "object");
        describe(schema, object.description(), words.of(object.definition()));
        var properties = schema.putObject("properties");
        var required = NODES.arrayNode();
        for (var property : object.properties().entrySet()) {
            var entry = words.of(object.definition(), property.getKey());
            var described = schema(property.getKey(), property.getValue());
            describe(described, property.getValue().description(), entry.words());
            if (!entry.choices().isEmpty()) {
                var target = described.get("items") instanceof ObjectNode items ? items : described;
                entry.choices().forEach(target.putArray("enum")::add);
            }
            if (entry.required()) required.add(property.getKey());
            properties.set(property.getKey(), described);
        }
        if (!required.isEmpty()) schema.set("required", required);
        return schema;
    }

    private static void describe(ObjectNode schema, String own, String general) {
        var text = own.isEmpty() ? general : own;
        if (!text.isEmpty()) schema.put("description", text);
    }

    /// A property, open for a description.
    private ObjectNode schema(String name, Field field) {
        var schema = NODES.objectNode();
        switch (field.type()) {
            case OBJECT -> refer(schema, object(field));
            case LIST -> {
                schema.put("type", "array");
                schema.set("items", element(field.items().orElseThrow()));
            }
            case MAP -> {
                schema.put("type", "object");
                schema.set("additionalProperties", element(field.items().orElseThrow()));
            }
            case STRING -> schema.put("type", "string");
            case BYTES -> schema.put("type", "string").put("format", "byte");
            case INTEGER -> schema.put("type", "integer").put("format", field.format());
            case NUMBER -> schema.put("type", "number").put("format", "double");
            case BOOLEAN -> schema.put("type", "boolean");
            case TIME -> refer(schema, plain("Time"));
            case MICRO_TIME -> refer(schema, plain("MicroTime"));
            case INT_OR_STRING -> refer(schema, plain("IntOrString"));
            case QUANTITY -> refer(schema, plain("Quantity"));
            case OBJECT_OR_OTHER -> {}
            case ANY -> refer(schema, plain(name.equals("fieldsV1") ? "FieldsV1" : "RawExtension"));
        }
        field.defaultValue().ifPresent(value -> schema.set("default", value));
        merging(schema, field);
        return schema;
    }

    private ObjectNode element(Field items) {
        if (items.type() == Schema.Type.OBJECT) return object(items);
        if (items.type() == Schema.Type.QUANTITY) return plain("Quantity");
        return schema("", items);
    }

    private ObjectNode object(Field field) {
        define(field);
        return reference(field.definition());
    }

    private static void merging(ObjectNode schema, Field field) {
        if (!field.patchStrategy().isEmpty()) {
            schema.put("x-kubernetes-patch-strategy", field.patchStrategy());
        }
        if (!field.patchMergeKey().isEmpty()) {
            schema.put("x-kubernetes-patch-merge-key", field.patchMergeKey());
        }
        if (field.type() == Schema.Type.LIST) {
            switch (field.merge()) {
                case SET -> schema.put("x-kubernetes-list-type", "set");
                case MAP -> {
                    schema.put("x-kubernetes-list-type", "map");
                    var keys = schema.putArray("x-kubernetes-list-map-keys");
                    field.listMapKeys().forEach(keys::add);
                }
                default -> schema.put("x-kubernetes-list-type", "atomic");
            }
        } else if (field.merge() == Schema.Merge.ATOMIC) {
            schema.put("x-kubernetes-map-type", "atomic");
        }
    }
}
