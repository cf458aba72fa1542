package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Form;
import dev.ordinal.api.apply.Shape;
import dev.ordinal.api.schema.Decoder;
import dev.ordinal.api.schema.Schema;

import java.util.Objects;
import java.util.function.Consumer;

/// The form that the structural schema of one version gives its objects.
///
/// @param schema the `openAPIV3Schema`; never changed
/// @param metadata knows metadata alone
record StructuralForm(JsonNode schema, Schema metadata) implements Form {
    @Override
    public ObjectNode decode(ObjectNode tree, Consumer<String> unknown)
            throws Decoder.TypeException {
        var decoded = tree.deepCopy();
        Structure.prune(schema, decoded, true, "", unknown);
        var given = JsonNodeFactory.instance.objectNode();
        given.set("metadata", decoded.path("metadata"));
        var read = Decoder.decode(metadata, given, unknown);
        decoded.set("metadata", Objects.requireNonNull(read.get("metadata")));
        return decoded;
    }

    @Override
    public void fillDefaults(ObjectNode object) {
        var metadata = object.remove("metadata");
        Structure.dropNulls(schema, object);
        Structure.fillDefaults(schema, object);
        if (metadata != null) object.set("metadata", metadata);
    }

    @Override
    public ObjectNode shape(ObjectNode object) {
        return (ObjectNode) Structure.sorted(object);
    }

    @Override
    public Shape applied() {
        return AppliedShapes.of(schema, metadata);
    }

    @Override
    public ObjectNode published() {
        return schema.deepCopy();
    }
}
