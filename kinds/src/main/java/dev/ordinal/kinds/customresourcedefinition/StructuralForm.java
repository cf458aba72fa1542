package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Form;
import dev.ordinal.api.apply.Shape;
import dev.ordinal.api.schema.Decoder;
import dev.ordinal.api.schema.Schema;

import java.util.ArrayList;
import java.util.List;
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
        decoded.set("metadata", known(decoded, unknown));
        List<String> pruned = new ArrayList<>();
        Structure.prune(schema, decoded, true, "", pruned::add);
        pruned.stream().sorted().forEach(unknown);
        Structure.resources(
                schema,
                decoded,
                "",
                (resource, path) -> {
                    if (!resource.path("metadata").isObject()) return;
                    try {
                        resource.set(
                                "metadata", known(resource, at -> unknown.accept(path + "." + at)));
                    } catch (Decoder.TypeException _) {
                        // The rules say what is wrong with it.
                    }
                });
        return decoded;
    }

    /// The metadata of an object without what metadata does not have.
    private JsonNode known(ObjectNode object, Consumer<String> unknown)
            throws Decoder.TypeException {
        var given = JsonNodeFactory.instance.objectNode();
        given.set("metadata", object.path("metadata"));
        var read = Decoder.decode(metadata, given, unknown);
        return Objects.requireNonNull(read.get("metadata"));
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
