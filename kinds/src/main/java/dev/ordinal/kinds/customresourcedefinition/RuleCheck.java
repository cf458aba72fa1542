package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.kinds.cel.Budget;
import dev.ordinal.kinds.cel.Expression.Result;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// One look at an object by the rules of its kind, within one budget.
final class RuleCheck {
    private static final int MESSAGE_BYTES_MAX = 5 * 1024;
    private static final String NO_MORE = ", no further validation rules will be run";

    private final Budget budget = new Budget();
    private final List<String> warnings;
    private boolean ended;

    /// @param warnings hears what is wrong, but has not changed
    RuleCheck(List<String> warnings) {
        this.warnings = warnings;
    }

    /// What a value was before an update, as far as anybody can tell.
    ///
    /// @param same it has not changed; if nobody can tell, that of which it is a part has not
    /// @param old null: nobody can tell
    record Before(boolean same, @Nullable JsonNode old) {
        static Before of(@Nullable JsonNode old, JsonNode now) {
            return new Before(old != null && Trees.same(old, now), old);
        }

        private Before below(@Nullable JsonNode old, JsonNode now) {
            return this.old == null || old == null ? new Before(same, null) : of(old, now);
        }
    }

    void value(Rules rules, JsonNode value, @Nullable JsonNode old, Before before, Problems at) {
        if (ended || value.isNull()) return;
        var known = old == null || old.isNull() ? null : old;
        var look = new Look(rules, value, known, before, at);
        for (var rule : rules.own()) if (!ended) look.check(rule);
        rules.items().ifPresent(items -> items(rules, items, value, known, before, at));
        if (value instanceof ObjectNode object) fields(rules, object, known, before, at);
    }

    private void items(
            Rules rules,
            Rules items,
            JsonNode value,
            @Nullable JsonNode old,
            Before before,
            Problems at) {
        if (!value.isArray()) return;
        for (int i = 0; i < value.size(); i++) {
            var item = value.get(i);
            var was = Values.counterpart(rules.schema(), item, old);
            value(items, item, was, before.below(was, item), at.at(i));
        }
    }

    private void fields(
            Rules rules, ObjectNode value, @Nullable JsonNode old, Before before, Problems at) {
        for (var field : value.properties()) {
            var name = field.getKey();
            var property = rules.properties().get(name);
            var below = property != null ? property : rules.others().orElse(null);
            if (below == null) continue;
            var now = field.getValue();
            var was = old == null ? null : old.get(name);
            var place = property != null ? at.at(name) : at.key(name);
            value(below, now, was, before.below(was, now), place);
        }
    }

    /// At one value.
    private final class Look {
        private final JsonNode value;
        private final @Nullable JsonNode old;
        private final @Nullable JsonNode shownOld;
        private final Before before;
        private final Problems at;
        private final String type;

        Look(Rules rules, JsonNode value, @Nullable JsonNode old, Before before, Problems at) {
            this.value = value;
            this.old = old;
            shownOld = rules.useOldSelf() ? old : null;
            this.before = before;
            this.at = at;
            type = rules.schema().path("type").asText();
        }

        void check(Rule rule) {
            if (rule.expression().isEmpty()) {
                place("").invalid(type, "rule compile error: " + rule.wrong());
                return;
            }
            boolean optional = rule.optionalOldSelf();
            if (rule.usesOldSelf() && old == null && !optional) return;
            switch (rule.expression().get().evaluate(value, shownOld, optional, budget)) {
                case Result.Value(Boolean fine) when fine -> {}
                case Result.Value _ -> broken(rule);
                case Result.Failed failed -> place("").invalid(type, why(failed, rule));
                case Result.TooExpensive(boolean together) -> {
                    ended = true;
                    place("").invalid(type, together ? TOGETHER : alone(rule));
                }
            }
        }

        private static final String TOGETHER =
                "validation failed due to running out of cost budget" + NO_MORE;

        private static String alone(Rule rule) {
            return "'operation cancelled: actual cost limit exceeded': no further validation rules"
                    + " will be run due to call cost exceeds limit for rule: "
                    + rule.shown();
        }

        private static String why(Result.Failed failed, Rule rule) {
            return failed.noOverload()
                    ? "'%s': call arguments did not match a supported operator, function or macro signature for rule: %s"
                            .formatted(failed.why(), rule.shown())
                    : failed.why() + " evaluating rule: " + rule.shown();
        }

        private Problems place(String below) {
            var place = below.isEmpty() ? at : at.at(below);
            return place.path().isEmpty() ? place.at("<nil>") : place;
        }

        /// What is wrong, but has not changed, is only warned of.
        private void broken(Rule rule) {
            var place = place(rule.fieldPath());
            var found = new Problems();
            tell(rule, found.at(place.path()));
            for (var cause : found.causes()) {
                if (before.same && !rule.usesOldSelf()) {
                    warnings.add(cause.field() + ": " + cause.message());
                } else place.add(cause.reason(), cause.message());
            }
        }

        private void tell(Rule rule, Problems place) {
            if (rule.message().isEmpty()) {
                tell(rule, rule.defaultMessage(), place);
                return;
            }
            switch (rule.message().get().evaluate(value, shownOld, false, budget)) {
                case Result.Value(String text) when isMessage(text.strip()) ->
                        tell(rule, text.strip(), place);
                case Result.TooExpensive(boolean together) -> {
                    ended = true;
                    var source = rule.source().path("messageExpression").asText();
                    place.invalid(
                            type,
                            together
                                    ? "messageExpression evaluation failed due to running out of"
                                            + " cost budget"
                                            + NO_MORE
                                    : "no further validation rules will be run due to call cost"
                                            + " exceeds limit for messageExpression: "
                                            + Problems.quote(source));
                }
                default -> tell(rule, rule.defaultMessage(), place);
            }
        }

        private static boolean isMessage(String text) {
            return !text.isEmpty()
                    && !text.contains("\n")
                    && text.getBytes(StandardCharsets.UTF_8).length <= MESSAGE_BYTES_MAX;
        }

        /// An object or a list is not shown.
        private void tell(Rule rule, String message, Problems place) {
            boolean bare = type.equals("object") || type.equals("array");
            switch (rule.reason()) {
                case "FieldValueForbidden" -> place.forbidden(message);
                case "FieldValueRequired" -> place.required(message);
                case "FieldValueDuplicate" -> {
                    if (bare) place.add("FieldValueDuplicate", "Duplicate value");
                    else place.duplicate(value);
                }
                default -> {
                    if (bare) place.add("FieldValueInvalid", "Invalid value: " + message);
                    else place.invalid(value, message);
                }
            }
        }
    }
}
