package dev.ordinal.api.select;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Labels;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// A label selector as it stands in a query: `app=web,tier in (a,b),!old`.
///
/// @see "upstream: apimachinery/pkg/labels"
public record LabelQuery(List<Term> terms) {
    /// Selects everything.
    public static final LabelQuery ALL = new LabelQuery(List.of());

    /// One requirement; all of them must hold.
    ///
    /// @param operator `=`, `!=`, `in`, `notin`, `exists`, `!`, `>` or `<`
    record Term(String key, String operator, Set<String> values) {
        boolean matches(Map<String, String> labels) {
            var value = labels.get(key);
            return switch (operator) {
                case "=", "in" -> value != null && values.contains(value);
                case "!=", "notin" -> value == null || !values.contains(value);
                case "exists" -> value != null;
                case "!" -> value == null;
                default -> value != null && compares(value);
            };
        }

        private boolean compares(String value) {
            try {
                int order =
                        Long.compare(
                                Long.parseLong(value), Long.parseLong(values.iterator().next()));
                return operator.equals(">") ? order > 0 : order < 0;
            } catch (NumberFormatException _) {
                return false;
            }
        }
    }

    public boolean matches(Map<String, String> labels) {
        for (var term : terms) if (!term.matches(labels)) return false;
        return true;
    }

    public boolean isAll() {
        return terms.isEmpty();
    }

    /// @throws ApiException BadRequest with the parser's words
    public static LabelQuery parse(String text) {
        if (text.isBlank()) return ALL;
        return new LabelQuery(new Parser(text).terms());
    }

    /// A selector as one line: `app=web,tier in (a,b)`.
    public static String text(JsonNode selector) {
        if (selector.isTextual()) return selector.textValue();
        List<String> terms = new ArrayList<>();
        for (var label : selector.path("matchLabels").properties()) {
            terms.add(label.getKey() + "=" + label.getValue().asText());
        }
        for (var expression : selector.path("matchExpressions")) {
            var key = expression.path("key").asText();
            var values =
                    expression
                            .path("values")
                            .valueStream()
                            .map(JsonNode::asText)
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

    /// Of a LabelSelector object.
    public static LabelQuery of(JsonNode selector) {
        return parse(text(selector));
    }

    /// Reads tokens: words, operators, parentheses and commas.
    private static final class Parser {
        private final List<String> tokens = new ArrayList<>();
        private int next;

        Parser(String text) {
            int at = 0;
            while (at < text.length()) {
                char c = text.charAt(at);
                if (Character.isWhitespace(c)) at++;
                else if ("(),".indexOf(c) >= 0) tokens.add(text.substring(at, ++at));
                else if ("=!<>".indexOf(c) >= 0) {
                    int end = at + 1;
                    boolean pair =
                            end < text.length() && text.charAt(end) == '=' && "=!".indexOf(c) >= 0;
                    tokens.add(text.substring(at, pair ? ++end : end));
                    at = end;
                } else {
                    int end = at;
                    while (end < text.length()
                            && !Character.isWhitespace(text.charAt(end))
                            && "(),=!<>".indexOf(text.charAt(end)) < 0) end++;
                    tokens.add(text.substring(at, end));
                    at = end;
                }
            }
        }

        List<Term> terms() {
            List<Term> terms = new ArrayList<>();
            while (true) {
                terms.add(term());
                if (peek().isEmpty()) return terms;
                if (!peek().equals(",")) {
                    throw refused("found '%s', expected: ',' or 'end of string'".formatted(peek()));
                }
                take();
                if (peek().isEmpty() || peek().equals(",")) {
                    throw refused("found '%s', expected: identifier after ','".formatted(peek()));
                }
            }
        }

        private Term term() {
            if (!peek().equals("!") && !isWord(peek())) {
                throw refused(
                        "found '%s', expected: !, identifier, or 'end of string'"
                                .formatted(peek()));
            }
            if (peek().equals("!")) {
                take();
                return new Term(key(), "!", Set.of());
            }
            var key = key();
            switch (peek()) {
                case "", "," -> {
                    return new Term(key, "exists", Set.of());
                }
                case "=", "==" -> {
                    take();
                    return new Term(key, "=", Set.of(value(key)));
                }
                case "!=" -> {
                    take();
                    return new Term(key, "!=", Set.of(value(key)));
                }
                case "in", "notin" -> {
                    var operator = take();
                    return new Term(key, operator, values(key));
                }
                case ">", "<" -> {
                    var operator = take();
                    var number = value(key);
                    if (!number.matches("[+-]?[0-9]+")) {
                        throw bad(
                                "values[0]: Invalid value: \"%s\": for 'Gt', 'Lt' operators, the value must be an integer"
                                        .formatted(number));
                    }
                    return new Term(key, operator, Set.of(number));
                }
                default ->
                        throw bad(
                                "found '%s', expected: in, notin, =, ==, !=, gt, lt"
                                        .formatted(peek()));
            }
        }

        private String key() {
            var key = take();
            if (!isWord(key)) throw bad("found '%s', expected: identifier".formatted(key));
            var problems = Labels.keyProblems(key);
            if (!problems.isEmpty()) {
                throw bad(
                        "<nil>: Invalid value: \"%s\": %s"
                                .formatted(key, String.join("; ", problems)));
            }
            return key;
        }

        private static boolean isWord(String token) {
            return !token.isEmpty() && "(),=!<>".indexOf(token.charAt(0)) < 0;
        }

        private String value(String key) {
            if (peek().isEmpty() || peek().equals(",")) return "";
            return checked(key, take());
        }

        private static String checked(String key, String value) {
            var problems = Labels.valueProblems(value);
            if (!problems.isEmpty()) {
                throw bad(
                        "values[0][%s]: Invalid value: \"%s\": %s"
                                .formatted(key, value, String.join("; ", problems)));
            }
            return value;
        }

        private Set<String> values(String key) {
            if (!peek().equals("(")) throw bad("found '%s' expected: '('".formatted(peek()));
            take();
            Set<String> values = new TreeSet<>();
            while (!peek().equals(")")) {
                if (peek().isEmpty()) throw bad("found '', expected: ',', or ')'");
                if (peek().equals(",")) {
                    take();
                    if (peek().equals(",") || peek().equals(")")) values.add("");
                } else values.add(checked(key, take()));
            }
            take();
            if (values.isEmpty()) values.add("");
            return values;
        }

        private String peek() {
            return next < tokens.size() ? tokens.get(next) : "";
        }

        private String take() {
            return next < tokens.size() ? tokens.get(next++) : "";
        }

        private static ApiException refused(String why) {
            return ApiException.badRequest(why);
        }

        private static ApiException bad(String why) {
            return ApiException.badRequest("unable to parse requirement: " + why);
        }
    }
}
