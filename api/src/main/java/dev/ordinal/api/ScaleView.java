package dev.ordinal.api;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.Patch;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.Api.Written;
import dev.ordinal.api.schema.Decoder;
import dev.ordinal.api.schema.Schema;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The scale subresource: an `autoscaling/v1` Scale that reads and writes another object.
final class ScaleView {
    private static final Schema SCHEMA = Schema.load("autoscaling/v1", "Scale");

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
        var selector = pointer == null ? "" : selector(tree.at(pointer));
        if (!selector.isEmpty()) status.put("selector", selector);
        return Stored.encode(object.revision(), Decoder.normalize(SCHEMA, view));
    }

    /// A selector as one line: `app=web,tier in (a,b)`.
    static String selector(JsonNode selector) {
        if (selector.isTextual()) return selector.textValue();
        List<String> terms = new ArrayList<>();
        for (var label : selector.path("matchLabels").properties()) {
            terms.add(label.getKey() + "=" + label.getValue().asText());
        }
        for (var expression : selector.path("matchExpressions")) {
            var key = expression.path("key").asText();
            var values =
                    Metadata.strings(expression.path("values")).stream()
                            .sorted()
                            .collect(Collectors.joining(","));
            terms.add(
                    switch (expression.path("operator").asText()) {
                        case "In" -> key + " in (" + values + ")";
                        case "NotIn" -> key + " notin (" + values + ")";
                        case "Exists" -> key;
                        default -> "!" + key;
                    });
        }
        terms.sort(null);
        return String.join(",", terms);
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
        return write(
                registry,
                kind,
                scale,
                namespace,
                name,
                _ -> decoded.tree(),
                options,
                decoded.warnings());
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
        return write(
                registry,
                kind,
                scale,
                namespace,
                name,
                current -> {
                    warnings.clear();
                    var patched =
                            Decoding.apply(
                                    SCHEMA,
                                    of(kind, scale, current).tree(),
                                    patch,
                                    options.fieldValidation(),
                                    warnings);
                    return Decoding.decode(
                                    SCHEMA,
                                    "Scale",
                                    "autoscaling/v1",
                                    new Body.Tree(patched),
                                    options.fieldValidation())
                            .tree();
                },
                options,
                warnings);
    }

    private static Written write(
            Registry registry,
            Kind kind,
            Kind.Scale scale,
            @Nullable String namespace,
            String name,
            Registry.Change change,
            WriteOptions options,
            List<String> warnings) {
        var written =
                registry.modify(
                        kind,
                        namespace,
                        name,
                        "scale",
                        current -> apply(scale, change.of(current), current),
                        options,
                        warnings);
        return new Written(of(kind, scale, written.object()), false, written.warnings());
    }

    private static ObjectNode apply(Kind.Scale scale, ObjectNode wanted, Stored current) {
        int replicas = wanted.path("spec").path("replicas").asInt();
        var name = current.name();
        var problems = new Problems();
        if (replicas < 0) {
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
        var pointer = JsonPointer.compile(scale.specReplicas());
        object.withObject(pointer.head()).put(pointer.last().getMatchingProperty(), replicas);
        return object;
    }
}
