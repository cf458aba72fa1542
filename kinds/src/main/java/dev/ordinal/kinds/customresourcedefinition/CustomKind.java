package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.api.Api;
import dev.ordinal.api.Column;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Names;
import dev.ordinal.api.Problems;
import dev.ordinal.api.table.Ages;
import dev.ordinal.kinds.Columns;

import org.jspecify.annotations.Nullable;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/// The kind that one version of a definition describes.
///
/// @see "upstream: apiextensions-apiserver/pkg/registry/customresource"
final class CustomKind {
    private static final Set<String> WHILE_GOING =
            Set.of("delete", "deletecollection", "get", "list", "watch");
    private static final Set<String> BLOCKING =
            Set.of(
                    "FieldValueNotSupported",
                    "FieldValueRequired",
                    "FieldValueTooLong",
                    "FieldValueTooMany",
                    "FieldValueTypeInvalid");
    private static final Set<String> STANDARD_FINALIZERS =
            Set.of("kubernetes", "orphan", "foregroundDeletion");

    private final JsonNode crd;
    private final JsonNode version;
    private final JsonNode schema;
    private final Values values = new Values();
    private final boolean hasRules;
    private @Nullable Rules rules;

    private CustomKind(JsonNode crd, JsonNode version) {
        this.crd = crd;
        this.version = version;
        var described = version.at("/schema/openAPIV3Schema");
        schema = described.isObject() ? described : JsonNodeFactory.instance.objectNode();
        hasRules = Rules.in(schema);
    }

    /// The kinds of all served versions. Objects are stored in the storage version, also when that
    /// is not served; then it is served while the objects are being deleted.
    static List<Kind> of(JsonNode crd) {
        Kind stored = null;
        for (var version : crd.at("/spec/versions")) {
            if (isStored(version)) stored = new CustomKind(crd, version).build(null);
        }
        var storage = Objects.requireNonNull(stored);
        boolean going = Conditions.isTrue(crd, Conditions.TERMINATING);
        List<Kind> kinds = new ArrayList<>();
        for (var version : crd.at("/spec/versions")) {
            if (isStored(version)) {
                if (going || isServed(version)) kinds.add(storage);
            } else if (isServed(version)) kinds.add(new CustomKind(crd, version).build(storage));
        }
        return kinds;
    }

    private static boolean isStored(JsonNode version) {
        return version.path("storage").asBoolean();
    }

    private static boolean isServed(JsonNode version) {
        return version.path("served").asBoolean();
    }

    private Kind build(@Nullable Kind storage) {
        var names = crd.at("/status/acceptedNames");
        var group = crd.at("/spec/group").asText();
        var name = version.path("name").asText();
        var kind = names.path("kind").asText();
        var fields =
                SchemaFields.of(group + "/" + name, kind, definition(group, name, kind), schema);
        var form = new StructuralForm(schema, SchemaFields.metadata());
        var builder =
                Kind.of(group + "/" + name, names.path("plural").asText(), fields)
                        .form(form, storage)
                        .singular(names.path("singular").asText())
                        .shortNames(strings(names.path("shortNames")))
                        .categories(strings(names.path("categories")))
                        .verbs(isGoing() ? WHILE_GOING : Api.ALL_VERBS)
                        .name(Names::subdomain)
                        .generations()
                        .conditionalUpdates()
                        .rules(this::check)
                        .statusRules(this::checkStatus)
                        .warnings(this::warnings);
        if (crd.at("/spec/scope").asText().equals("Cluster")) builder.clusterScoped();
        if (version.at("/subresources/status").isObject()) builder.status();
        var scale = version.at("/subresources/scale");
        if (scale.isObject()) {
            builder.scale(
                    pointer(scale.path("specReplicasPath").asText()),
                    pointer(scale.path("statusReplicasPath").asText()),
                    scale.has("labelSelectorPath")
                            ? pointer(scale.path("labelSelectorPath").asText())
                            : null);
        }
        if (version.path("deprecated").asBoolean()) builder.deprecated(deprecation());
        builder.column(Columns.name());
        columns(builder);
        for (var field : version.path("selectableFields")) {
            var path = field.path("jsonPath").asText();
            JsonPath.parse(path)
                    .ifPresent(p -> builder.selectable(path.substring(1), o -> text(p, o)));
        }
        return builder.build();
    }

    private boolean isGoing() {
        return Conditions.isTrue(crd, Conditions.TERMINATING);
    }

    /// Its name in OpenAPI: the group's labels from the last to the first.
    private static String definition(String group, String version, String kind) {
        var labels = Arrays.asList(group.split("\\.", -1));
        return String.join(".", labels.reversed()) + "." + version + "." + kind;
    }

    private static String[] strings(JsonNode list) {
        List<String> strings = new ArrayList<>();
        list.forEach(item -> strings.add(item.asText()));
        return strings.toArray(String[]::new);
    }

    /// `.spec.replicas` as a JSON pointer.
    private static String pointer(String path) {
        return path.replace('.', '/');
    }

    private static String text(JsonPath path, JsonNode object) {
        var found = path.find(object);
        return found.isEmpty() ? "" : found.getFirst().asText();
    }

    /// Columns after one whose path is not understood are left out.
    private void columns(Kind.Builder builder) {
        var columns = version.path("additionalPrinterColumns");
        if (columns.isEmpty()) {
            var created = JsonPath.parse(".metadata.creationTimestamp").orElseThrow();
            var what = "When the object was created.";
            builder.column(new Column("Age", "date", "", what, 0, cell("date", created)));
        }
        for (var column : columns) {
            var given = column.path("jsonPath").asText();
            var path = JsonPath.parse(given);
            if (path.isEmpty()) return;
            var type = column.path("type").asText();
            builder.column(
                    new Column(
                            column.path("name").asText(),
                            type,
                            column.path("format").asText(""),
                            column.path("description")
                                    .asText(
                                            "Custom resource definition column (in JSONPath"
                                                    + " format): "
                                                    + given),
                            column.path("priority").asInt(),
                            cell(type, path.get())));
        }
    }

    private static Column.Cell cell(String type, JsonPath path) {
        return (object, now) -> {
            var found = path.find(object);
            return found.isEmpty() ? null : shown(type, found.getFirst(), now);
        };
    }

    private static @Nullable Object shown(String type, JsonNode value, Instant now) {
        return switch (type) {
            case "string" -> value.isContainerNode() ? value.toString() : value.asText();
            case "integer" -> value.isNumber() ? (Object) value.longValue() : null;
            case "number" -> value.isNumber() ? (Object) value.doubleValue() : null;
            case "boolean" -> value.isBoolean() ? (Object) value.booleanValue() : null;
            case "date" -> value.isTextual() ? age(value.textValue(), now) : null;
            default -> null;
        };
    }

    private static String age(String time, Instant now) {
        try {
            var then = OffsetDateTime.parse(time).toInstant();
            return Ages.human(java.time.Duration.between(then, now));
        } catch (DateTimeException _) {
            return "<invalid>";
        }
    }

    /// Whole objects within say what they are.
    private void checkResources(JsonNode object, Problems problems) {
        Structure.resources(
                schema,
                object,
                "",
                (resource, path) -> {
                    for (var field : List.of("apiVersion", "kind")) {
                        var value = resource.path(field);
                        var at = problems.at(path).at(field);
                        if (value.isMissingNode()) at.required("");
                        else if (!value.isTextual()) at.invalid(value, "must be a string");
                        else if (value.asText().isEmpty()) at.invalid("", "must not be empty");
                    }
                });
    }

    private void check(JsonNode object, @Nullable JsonNode old, Problems problems) {
        values.check(schema, object, old, problems);
        checkScale(object, "specReplicasPath", problems);
        checkScale(object, "statusReplicasPath", problems);
        checkSelector(object, problems);
        checkResources(object, problems);
        checkLists(object, old, problems);
        checkRules(object, old, problems);
    }

    /// Compiled when the first object is looked at: a start need not wait for that.
    private synchronized Rules rules() {
        var known = rules;
        if (known == null) known = Rules.of(schema, true);
        rules = known;
        return known;
    }

    /// Rules are not asked about an object that is not of the types they are written for.
    private void checkRules(JsonNode object, @Nullable JsonNode old, Problems problems) {
        if (!hasRules) return;
        boolean blocked = problems.causes().stream().anyMatch(c -> BLOCKING.contains(c.reason()));
        if (blocked) {
            problems.at("<nil>")
                    .invalid(
                            null,
                            "some validation rules were not checked because the object was invalid;"
                                    + " correct the existing errors to complete validation");
        } else rules().check(object, old, problems, new ArrayList<>());
    }

    private void checkStatus(JsonNode object, @Nullable JsonNode old, Problems problems) {
        var status = object.get("status");
        if (status != null) {
            var before = old == null ? null : old.get("status");
            values.check(Structure.below(schema, "status"), status, before, problems.at("status"));
        }
        checkScale(object, "statusReplicasPath", problems);
        checkSelector(object, problems);
        checkResources(object, problems);
        checkLists(object, old, problems);
        checkRules(object, old, problems);
    }

    /// Lists that were wrong before may stay so.
    private void checkLists(JsonNode object, @Nullable JsonNode old, Problems problems) {
        if (old != null) {
            var before = new Problems();
            ListTypes.check(schema, old, before);
            if (!before.isEmpty()) return;
        }
        ListTypes.check(schema, object, problems);
    }

    private void checkScale(JsonNode object, String which, Problems problems) {
        var path = version.at("/subresources/scale").path(which).asText("");
        if (path.isEmpty()) return;
        var at = problems.at(path);
        if (!isReached(path, object, at)) return;
        var number = object.at(pointer(path));
        if (number.isMissingNode()) return;
        if (!number.isIntegralNumber()) {
            at.invalid(
                    0,
                    "%s accessor error: %s is of the type %s, expected int64"
                            .formatted(path, shownAsGo(number), goType(number)));
        } else if (number.longValue() < 0) {
            at.invalid(number, "should be a non-negative integer");
        } else if (number.longValue() > Integer.MAX_VALUE) {
            at.invalid(number, "should be less than or equal to " + Integer.MAX_VALUE);
        }
    }

    /// Whether what is above a field are objects.
    private static boolean isReached(String path, JsonNode object, Problems at) {
        var value = object;
        for (var name : path.substring(1).split("\\.", -1)) {
            if (!value.isObject() && !value.isMissingNode()) {
                at.invalid(
                        0,
                        "%s accessor error: %s is of the type %s, expected map[string]interface{}"
                                .formatted(path, shownAsGo(value), goType(value)));
                return false;
            }
            value = value.path(name);
        }
        return true;
    }

    private void checkSelector(JsonNode object, Problems problems) {
        var path = version.at("/subresources/scale/labelSelectorPath").asText("");
        if (path.isEmpty()) return;
        var selector = object.at(pointer(path));
        if (selector.isMissingNode() || selector.isTextual()) return;
        problems.at(path)
                .invalid(
                        "",
                        "%s accessor error: %s is of the type %s, expected string"
                                .formatted(path, shownAsGo(selector), goType(selector)));
    }

    private static String shownAsGo(JsonNode value) {
        return value.isContainerNode() ? value.toString() : value.asText();
    }

    private static String goType(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> "map[string]interface {}";
            case ARRAY -> "[]interface {}";
            case STRING -> "string";
            case BOOLEAN -> "bool";
            case NUMBER -> value.isIntegralNumber() ? "int64" : "float64";
            default -> "<nil>";
        };
    }

    private List<String> warnings(JsonNode object, @Nullable JsonNode old) {
        List<String> warnings = new ArrayList<>();
        Set<String> known = new HashSet<>();
        if (old != null) old.at("/metadata/finalizers").forEach(f -> known.add(f.asText()));
        for (var node : object.at("/metadata/finalizers")) {
            var finalizer = node.asText();
            boolean fine =
                    finalizer.contains("/")
                            || STANDARD_FINALIZERS.contains(finalizer)
                            || known.contains(finalizer);
            if (fine) continue;
            var path = finalizer.contains(".") ? " including a path (/)" : "";
            warnings.add(
                    "metadata.finalizers: \"%s\": prefer a domain-qualified finalizer name%s to avoid accidental conflicts with other finalizer writers"
                            .formatted(finalizer, path));
        }
        if (old != null && hasRules) rules().check(object, old, new Problems(), warnings);
        return warnings;
    }

    private String deprecation() {
        if (version.has("deprecationWarning")) return version.path("deprecationWarning").asText();
        var group = crd.at("/spec/group").asText();
        var kind = crd.at("/spec/names/kind").asText();
        var name = version.path("name").asText();
        List<String> better = new ArrayList<>();
        for (var other : crd.at("/spec/versions")) {
            var candidate = other.path("name").asText();
            if (other.path("served").asBoolean()
                    && !other.path("deprecated").asBoolean()
                    && Versions.NEWEST.compare(candidate, name) < 0) better.add(candidate);
        }
        better.sort(Versions.NEWEST);
        var told = "%s/%s %s is deprecated".formatted(group, name, kind);
        return better.isEmpty()
                ? told
                : told + "; use %s/%s %s".formatted(group, better.getFirst(), kind);
    }
}
