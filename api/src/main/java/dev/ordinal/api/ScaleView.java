package dev.ordinal.api;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.Patch;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.Api.Written;
import dev.ordinal.api.apply.FieldManager;
import dev.ordinal.api.apply.FieldSet;
import dev.ordinal.api.apply.ScaleFields;
import dev.ordinal.api.apply.Shape;
import dev.ordinal.api.schema.Decoder;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.api.select.LabelQuery;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/// The scale subresource: an `autoscaling/v1` Scale that reads and writes another object.
final class ScaleView {
    private static final Schema SCHEMA = Schema.load("autoscaling/v1", "Scale");
    private static final FieldManager.Version VERSION =
            new FieldManager.Version(
                    "autoscaling/v1",
                    "Scale",
                    Shape.of(SCHEMA.root()),
                    new FieldSet(),
                    false,
                    UnaryOperator.identity(),
                    UnaryOperator.identity());

    private ScaleView() {}

    static Stored of(Kind kind, Kind.Scale scale, Stored object) {
        var tree = object.tree();
        var view = JsonNodeFactory.instance.objectNode();
        view.put("kind", "Scale").put("apiVersion", "autoscaling/v1");
        var metadata = view.putObject("metadata");
        for (var field :
                List.of("name", "namespace", "uid", "resourceVersion", "creationTimestamp")) {
            var value = tree.path("metadata").get(field);
            if (value != null) metadata.set(field, value);
        }
        var wanted = tree.at(scale.specReplicas());
        if (wanted.isMissingNode() && kind.form() != null) {
            throw ApiException.internal(
                    "the spec replicas field \"%s\" does not exist"
                            .formatted(scale.specReplicas().replace('/', '.')));
        }
        view.putObject("spec").put("replicas", wanted.asInt());
        var status = view.putObject("status");
        status.put("replicas", tree.at(scale.statusReplicas()).asInt());
        var pointer = scale.selector();
        var selector = pointer == null ? "" : LabelQuery.text(tree.at(pointer));
        if (!selector.isEmpty()) status.put("selector", selector);
        return Stored.encode(object.revision(), Decoder.normalize(SCHEMA, view));
    }

    static Written update(
            Registry registry,
            Kind kind,
            Kind.Scale scale,
            @Nullable String namespace,
            String name,
            Body body,
            WriteOptions options) {
        var decoded =
                Decoding.decode(SCHEMA, "Scale", "autoscaling/v1", body, options.fieldValidation());
        Change change =
                (live, owners) -> {
                    var wanted = decoded.tree().deepCopy();
                    owners.update(live, wanted, options.manager());
                    return wanted;
                };
        return write(registry, kind, scale, namespace, name, change, options, decoded.warnings());
    }

    static Written patch(
            Registry registry,
            Kind kind,
            Kind.Scale scale,
            @Nullable String namespace,
            String name,
            Patch patch,
            WriteOptions options) {
        List<String> warnings = new ArrayList<>();
        Change change =
                (live, owners) -> {
                    warnings.clear();
                    return patch.mediaType().equals(Patch.APPLY)
                            ? applied(live, patch, owners, options, warnings)
                            : patched(live, patch, owners, options, warnings);
                };
        return write(registry, kind, scale, namespace, name, change, options, warnings);
    }

    private static ObjectNode patched(
            ObjectNode live,
            Patch patch,
            FieldManager owners,
            WriteOptions options,
            List<String> warnings) {
        var patched = Decoding.apply(SCHEMA, live, patch, options.fieldValidation(), warnings);
        var wanted = decoded(patched, options);
        owners.update(live, wanted, options.manager());
        return wanted;
    }

    private static ObjectNode applied(
            ObjectNode live,
            Patch patch,
            FieldManager owners,
            WriteOptions options,
            List<String> warnings) {
        List<String> doubles = new ArrayList<>();
        var config = Decoding.configuration(patch, doubles::add);
        var wanted = owners.apply(live, config, options.fieldManager(), options.force());
        Registry.checkDoubles(doubles, options);
        if (!options.fieldValidation().equals("Ignore")) warnings.addAll(doubles);
        return decoded(wanted, options);
    }

    private static ObjectNode decoded(ObjectNode tree, WriteOptions options) {
        var body = new Body.Tree(tree);
        return Decoding.decode(SCHEMA, "Scale", "autoscaling/v1", body, options.fieldValidation())
                .tree();
    }

    /// What a Scale should become.
    @FunctionalInterface
    private interface Change {
        /// @param live with the entries of its `managedFields`
        /// @param owners of the fields of the Scale
        ObjectNode of(ObjectNode live, FieldManager owners);
    }

    private static Written write(
            Registry registry,
            Kind kind,
            Kind.Scale scale,
            @Nullable String namespace,
            String name,
            Change change,
            WriteOptions options,
            List<String> warnings) {
        var owners =
                new FieldManager(
                        VERSION,
                        named -> named.equals(VERSION.apiVersion()) ? VERSION : null,
                        JsonNodeFactory.instance.objectNode(),
                        "scale",
                        registry.now());
        var path = scale.specReplicas().substring(1).replace('/', '.');
        var written =
                registry.modify(
                        kind,
                        namespace,
                        name,
                        "scale",
                        current -> {
                            var fields = new ScaleFields(current.tree(), kind.apiVersion(), path);
                            var live = of(kind, scale, current).copy();
                            fields.writeTo(live);
                            var wanted = change.of(live, owners);
                            var object = apply(kind, wanted, current);
                            fields.readFrom(wanted, object);
                            return object;
                        },
                        WritePath.Owners.GIVEN,
                        options,
                        warnings);
        return new Written(of(kind, scale, written.object()), false, written.warnings());
    }

    /// How many replicas a custom resource may have is said by its own rules.
    private static ObjectNode apply(Kind kind, ObjectNode wanted, Stored current) {
        int replicas = wanted.path("spec").path("replicas").asInt();
        var name = current.name();
        var problems = new Problems();
        if (replicas < 0 && kind.form() == null) {
            problems.at("spec")
                    .at("replicas")
                    .invalid(replicas, "must be greater than or equal to 0");
            throw problems.invalid("Scale", "autoscaling", name);
        }
        var object = current.copy();
        var metadata = Metadata.of(object);
        for (var field : List.of("resourceVersion", "uid")) {
            var given = wanted.path("metadata").path(field).asText();
            if (given.isEmpty()) metadata.remove(field);
            else metadata.put(field, given);
        }
        var pointer = JsonPointer.compile(Objects.requireNonNull(kind.scale()).specReplicas());
        object.withObject(pointer.head()).put(pointer.last().getMatchingProperty(), replicas);
        return object;
    }
}
