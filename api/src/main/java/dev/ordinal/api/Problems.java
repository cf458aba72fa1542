package dev.ordinal.api;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// Everything that is wrong with one object, each with the path the user typed.
///
/// A `Problems` is a place in the object: `at("spec").at("replicas")` reports on `spec.replicas`
/// into
/// the same collection.
public final class Problems {
    private final String path;
    private final List<Status.Cause> causes;

    public Problems() {
        this("", new ArrayList<>());
    }

    private Problems(String path, List<Status.Cause> causes) {
        this.path = path;
        this.causes = causes;
    }

    /// The same collection, one field further down.
    public Problems at(String field) {
        return new Problems(path.isEmpty() ? field : path + "." + field, causes);
    }

    /// The same collection, at one element of a list.
    public Problems at(int index) {
        return new Problems(path + "[" + index + "]", causes);
    }

    /// The same collection, at one key of a map: `metadata.annotations[a/b]`.
    public Problems key(String key) {
        return new Problems(path + "[" + key + "]", causes);
    }

    public void required(String detail) {
        add("FieldValueRequired", "Required value" + suffix(detail));
    }

    /// @param value the offending value; strings are quoted, numbers and booleans bare, the rest is
    ///     compact JSON
    public void invalid(@Nullable Object value, String detail) {
        add("FieldValueInvalid", "Invalid value: " + show(value) + suffix(detail));
    }

    public void notSupported(@Nullable Object value, List<String> supported) {
        add(
                "FieldValueNotSupported",
                "Unsupported value: "
                        + show(value)
                        + supported.stream()
                                .map(Problems::show)
                                .collect(Collectors.joining(", ", ": supported values: ", "")));
    }

    public void forbidden(String detail) {
        add("FieldValueForbidden", "Forbidden" + suffix(detail));
    }

    public void duplicate(@Nullable Object value) {
        add("FieldValueDuplicate", "Duplicate value: " + show(value));
    }

    public void notFound(@Nullable Object value) {
        add("FieldValueNotFound", "Not found: " + show(value));
    }

    public void tooLong(String detail) {
        add("FieldValueTooLong", "Too long" + suffix(detail));
    }

    public void tooMany(int found, int most) {
        add(
                "FieldValueTooMany",
                "Too many: %d: must have at most %d item%s"
                        .formatted(found, most, most == 1 ? "" : "s"));
    }

    public void internal(String detail) {
        add("InternalError", "Internal error" + suffix(detail));
    }

    public void add(String reason, String message) {
        causes.add(new Status.Cause(reason, message, path));
    }

    public boolean isEmpty() {
        return causes.isEmpty();
    }

    public String path() {
        return path;
    }

    /// All problems of the whole object, in the order found.
    public List<Status.Cause> causes() {
        return List.copyOf(causes);
    }

    /// `Invalid` with every cause; duplicates are shown once in the message.
    public ApiException invalid(String kind, String group, String name) {
        var all = text();
        var groupKind = group.isEmpty() ? kind : kind + "." + group;
        return new ApiException(
                new Status(
                        422,
                        "Invalid",
                        "%s \"%s\" is invalid: %s".formatted(groupKind, name, all),
                        new Status.Details(name, group, kind, "", causes(), 0)));
    }

    /// All of them, in brackets when there are several.
    public String text() {
        var texts = causes.stream().map(c -> c.field() + ": " + c.message()).distinct().toList();
        return texts.size() == 1 ? texts.getFirst() : "[" + String.join(", ", texts) + "]";
    }

    private static String suffix(String detail) {
        return detail.isEmpty() ? "" : ": " + detail;
    }

    private static String show(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case JsonNode node when node.isTextual() -> quote(node.textValue());
            case JsonNode node -> node.toString();
            case Number number -> number.toString();
            case Boolean flag -> flag.toString();
            default -> quote(value.toString());
        };
    }

    /// A text as Go's `%q` writes it.
    public static String quote(String text) {
        var out = new StringBuilder("\"");
        text.codePoints()
                .forEach(
                        c -> {
                            switch (c) {
                                case '"' -> out.append("\\\"");
                                case '\\' -> out.append("\\\\");
                                case '\n' -> out.append("\\n");
                                case '\r' -> out.append("\\r");
                                case '\t' -> out.append("\\t");
                                default -> {
                                    if (c < 0x20 || c == 0x7f) out.append("\\x%02x".formatted(c));
                                    else out.appendCodePoint(c);
                                }
                            }
                        });
        return out.append('"').toString();
    }
}
