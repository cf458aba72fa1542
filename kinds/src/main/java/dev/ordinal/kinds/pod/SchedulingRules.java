package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Labels;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.kinds.Checks;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What a pod's spec may say about where it goes, in pods and in templates.
///
/// @see "upstream: pkg/apis/core/validation/validation.go"
final class SchedulingRules {
    private static final String REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
    private static final String PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";
    private static final String ONLY_ADDITIONS =
            "only additions are allowed (no mutations or deletions)";
    private static final List<String> EFFECTS =
            List.of("NoSchedule", "PreferNoSchedule", "NoExecute");

    private SchedulingRules() {}

    static void checkAffinity(JsonNode affinity, Problems at) {
        var ofNode = affinity.path("nodeAffinity");
        if (ofNode.has(REQUIRED)) {
            var terms = ofNode.path(REQUIRED).path("nodeSelectorTerms");
            var place = at.at("nodeAffinity").at(REQUIRED).at("nodeSelectorTerms");
            if (terms.isEmpty()) place.required("must have at least one node selector term");
            for (int i = 0; i < terms.size(); i++) {
                checkNodeTerm(terms.get(i), true, place.at(i));
            }
        }
        var preferred = ofNode.path(PREFERRED);
        for (int i = 0; i < preferred.size(); i++) {
            var place = at.at("nodeAffinity").at(PREFERRED).at(i);
            checkWeight(preferred.get(i), place);
            checkNodeTerm(preferred.get(i).path("preference"), false, place.at("preference"));
        }
        for (var kind : List.of("podAffinity", "podAntiAffinity")) {
            checkPodTerms(affinity.path(kind), at.at(kind));
        }
    }

    private static void checkWeight(JsonNode term, Problems at) {
        int weight = term.path("weight").asInt();
        if (weight < 1 || weight > 100) {
            at.at("weight").invalid(weight, "must be in the range 1-100");
        }
    }

    /// @param strict label values must be possible
    private static void checkNodeTerm(JsonNode term, boolean strict, Problems at) {
        var expressions = term.path("matchExpressions");
        for (int i = 0; i < expressions.size(); i++) {
            checkNodeExpression(expressions.get(i), strict, at.at("matchExpressions").at(i));
        }
        var fields = term.path("matchFields");
        for (int i = 0; i < fields.size(); i++) {
            checkNodeField(fields.get(i), at.at("matchFields").at(i));
        }
    }

    private static void checkNodeExpression(JsonNode wanted, boolean strict, Problems at) {
        var values = wanted.path("values");
        var operator = wanted.path("operator").asText();
        switch (operator) {
            case "In", "NotIn" -> {
                if (values.isEmpty()) {
                    at.at("values")
                            .required("must be specified when `operator` is 'In' or 'NotIn'");
                }
            }
            case "Exists", "DoesNotExist" -> {
                if (!values.isEmpty()) {
                    at.at("values")
                            .forbidden(
                                    "may not be specified when `operator` is 'Exists' or"
                                            + " 'DoesNotExist'");
                }
            }
            case "Gt", "Lt" -> {
                if (values.size() != 1) {
                    at.at("values")
                            .required(
                                    "must be specified single value when `operator` is 'Lt' or"
                                            + " 'Gt'");
                }
            }
            default -> at.at("operator").invalid(operator, "not a valid selector operator");
        }
        checkKey(wanted.path("key").asText(), at.at("key"));
        if (!strict) return;
        for (int i = 0; i < values.size(); i++) {
            for (var problem : Labels.valueProblems(values.get(i).asText())) {
                at.at("values").at(i).invalid(values.get(i), problem);
            }
        }
    }

    private static void checkNodeField(JsonNode wanted, Problems at) {
        var operator = wanted.path("operator").asText();
        var values = wanted.path("values");
        if (!operator.equals("In") && !operator.equals("NotIn")) {
            at.at("operator").invalid(operator, "not a valid selector operator");
        } else if (values.size() != 1) {
            at.at("values")
                    .required(
                            "must be only one value when `operator` is 'In' or 'NotIn' for node"
                                    + " field selector");
        }
        if (!wanted.path("key").asText().equals("metadata.name")) {
            at.at("key").invalid(wanted.path("key").asText(), "not a valid field selector key");
            return;
        }
        for (int i = 0; i < values.size(); i++) {
            Checks.subdomain(values.get(i).asText(), at.at("values").at(i));
        }
    }

    private static void checkKey(String key, Problems at) {
        for (var problem : Labels.keyProblems(key)) at.invalid(key, problem);
    }

    private static void checkPodTerms(JsonNode affinity, Problems at) {
        var required = affinity.path(REQUIRED);
        for (int i = 0; i < required.size(); i++) {
            checkPodTerm(required.get(i), at.at(REQUIRED).at(i));
        }
        var preferred = affinity.path(PREFERRED);
        for (int i = 0; i < preferred.size(); i++) {
            var place = at.at(PREFERRED).at(i);
            checkWeight(preferred.get(i), place);
            checkPodTerm(preferred.get(i).path("podAffinityTerm"), place.at("podAffinityTerm"));
        }
    }

    private static void checkPodTerm(JsonNode term, Problems at) {
        Checks.strictSelector(term.path("labelSelector"), at.at("labelSelector"));
        Checks.strictSelector(term.path("namespaceSelector"), at.at("namespaceSelector"));
        for (var namespace : term.path("namespaces")) {
            Checks.label(namespace.asText(), at.at("namespace"));
        }
        checkLabelKeys(term, at);
        var key = term.path("topologyKey").asText();
        if (key.isEmpty()) at.at("topologyKey").required("can not be empty");
        checkKey(key, at.at("topologyKey"));
    }

    /// When these rules are asked the keys are part of the selector already.
    private static void checkLabelKeys(JsonNode term, Problems at) {
        var selector = term.path("labelSelector");
        var matching = term.path("matchLabelKeys");
        var mismatching = term.path("mismatchLabelKeys");
        for (var list : List.of("matchLabelKeys", "mismatchLabelKeys")) {
            var keys = term.path(list);
            if (!keys.isEmpty() && !selector.isObject()) {
                at.at(list).forbidden("must not be specified when labelSelector is not set");
                continue;
            }
            for (int i = 0; i < keys.size(); i++) {
                checkKey(keys.get(i).asText(), at.at(list).at(i));
            }
        }
        Set<String> selected = new HashSet<>();
        selector.path("matchLabels").fieldNames().forEachRemaining(selected::add);
        for (var expression : selector.path("matchExpressions")) {
            var key = expression.path("key").asText();
            int index = indexOf(matching, key);
            if (!selected.add(key) && index >= 0) {
                at.at(index).invalid(key, "exists in both matchLabelKeys and labelSelector");
            }
        }
        for (int i = 0; i < matching.size(); i++) {
            if (indexOf(mismatching, matching.get(i).asText()) >= 0) {
                at.at("matchLabelKeys")
                        .at(i)
                        .invalid(
                                matching.get(i),
                                "exists in both matchLabelKeys and mismatchLabelKeys");
            }
        }
    }

    /// Of the last one; -1: it is not there.
    private static int indexOf(JsonNode texts, String text) {
        for (int i = texts.size() - 1; i >= 0; i--) {
            if (texts.get(i).asText().equals(text)) return i;
        }
        return -1;
    }

    static void checkGates(JsonNode gates, Problems at) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < gates.size(); i++) {
            var name = gates.get(i).path("name").asText();
            checkKey(name, at.at(i));
            if (!seen.add(name)) at.at(i).duplicate(name);
        }
    }

    static void checkSpread(JsonNode constraints, Problems at) {
        for (int i = 0; i < constraints.size(); i++) {
            var constraint = constraints.get(i);
            var place = at.at(i);
            int maxSkew = constraint.path("maxSkew").asInt();
            if (maxSkew <= 0) place.at("maxSkew").invalid(maxSkew, "must be greater than zero");
            var key = constraint.path("topologyKey").asText();
            if (key.isEmpty()) place.at("topologyKey").required("can not be empty");
            var action = constraint.path("whenUnsatisfiable").asText();
            if (!List.of("DoNotSchedule", "ScheduleAnyway").contains(action)) {
                place.at("whenUnsatisfiable")
                        .notSupported(action, List.of("DoNotSchedule", "ScheduleAnyway"));
            }
            for (int j = i + 1; j < constraints.size(); j++) {
                var other = constraints.get(j);
                if (other.path("topologyKey").asText().equals(key)
                        && other.path("whenUnsatisfiable").asText().equals(action)) {
                    place.at("{topologyKey, whenUnsatisfiable}")
                            .duplicate("{%s, %s}".formatted(key, action));
                    break;
                }
            }
            checkMinDomains(constraint.path("minDomains"), action, place.at("minDomains"));
            for (var policy : List.of("nodeAffinityPolicy", "nodeTaintsPolicy")) {
                if (!constraint.has(policy)) continue;
                Checks.oneOf(constraint.path(policy), List.of("Honor", "Ignore"), place.at(policy));
            }
            checkLabelKeys(constraint, place);
            Checks.strictSelector(constraint.path("labelSelector"), place.at("labelSelector"));
        }
    }

    private static void checkMinDomains(JsonNode minDomains, String action, Problems at) {
        if (!minDomains.isNumber()) return;
        if (minDomains.asInt() <= 0) at.invalid(minDomains, "must be greater than zero");
        if (!action.equals("DoNotSchedule")) {
            at.invalid(
                    minDomains,
                    "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not " + action);
        }
    }

    static void checkTolerations(JsonNode tolerations, Problems at) {
        for (int i = 0; i < tolerations.size(); i++) checkToleration(tolerations.get(i), at.at(i));
    }

    private static void checkToleration(JsonNode toleration, Problems at) {
        var key = toleration.path("key").asText();
        var operator = toleration.path("operator").asText();
        var effect = toleration.path("effect").asText();
        var value = toleration.path("value").asText();
        if (!key.isEmpty()) checkKey(key, at.at("key"));
        else if (!operator.equals("Exists")) {
            at.at("operator")
                    .invalid(
                            operator,
                            "operator must be Exists when `key` is empty, which means \"match all"
                                    + " values and all keys\"");
        }
        if (toleration.has("tolerationSeconds") && !effect.equals("NoExecute")) {
            at.at("effect")
                    .invalid(effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        switch (operator) {
            case "", "Equal" -> {
                var problems = Labels.valueProblems(value);
                if (!problems.isEmpty()) {
                    at.at("operator").invalid(value, String.join(";", problems));
                }
            }
            case "Exists" -> {
                if (!value.isEmpty()) {
                    at.at("operator")
                            .invalid(value, "value must be empty when `operator` is 'Exists'");
                }
            }
            case "Lt", "Gt" ->
                    at.at("operator")
                            .notSupported(operator, List.of("Equal", "Exists", "Lt", "Gt"));
            default -> at.at("operator").notSupported(operator, List.of("Equal", "Exists"));
        }
        if (!effect.isEmpty() && !EFFECTS.contains(effect)) {
            at.at("effect").notSupported(effect, EFFECTS);
        }
    }

    /// Gates are only ever taken away.
    static void checkGatesUpdate(JsonNode gates, JsonNode before, Problems at) {
        Set<String> known = new HashSet<>();
        for (var gate : before) known.add(gate.path("name").asText());
        for (int i = 0; i < gates.size(); i++) {
            var name = gates.get(i).path("name").asText();
            if (!known.contains(name)) {
                at.at(i)
                        .at("name")
                        .forbidden(
                                "only deletion is allowed, but found new scheduling gate '%s'"
                                        .formatted(name));
            }
        }
    }

    /// As long as a pod is gated, fewer nodes may be made to suit it. Takes those changes out of a
    /// changed spec.
    static void checkGatedUpdate(ObjectNode spec, ObjectNode before, Problems at) {
        for (var old : before.path("nodeSelector").properties()) {
            if (!spec.path("nodeSelector").path(old.getKey()).equals(old.getValue())) {
                at.at("nodeSelector")
                        .invalid(
                                spec.path("nodeSelector"),
                                "only additions to spec.nodeSelector are allowed (no mutations or"
                                        + " deletions)");
                break;
            }
        }
        Trees.copy("nodeSelector", before, spec);
        checkNarrowed(
                spec.at("/affinity/nodeAffinity/" + REQUIRED + "/nodeSelectorTerms"),
                before.at("/affinity/nodeAffinity/" + REQUIRED + "/nodeSelectorTerms"),
                at.at("affinity").at("nodeAffinity").at(REQUIRED).at("nodeSelectorTerms"));
        var had = before.path("affinity");
        if (!had.has("nodeAffinity")) {
            if (spec.path("affinity") instanceof ObjectNode affinity) {
                affinity.remove("nodeAffinity");
                if (affinity.isEmpty() && !before.has("affinity")) spec.remove("affinity");
            }
        } else {
            spec.withObjectProperty("affinity").set("nodeAffinity", had.path("nodeAffinity"));
        }
    }

    private static void checkNarrowed(JsonNode terms, JsonNode before, Problems at) {
        if (before.isEmpty()) return;
        if (terms.size() != before.size()) {
            at.invalid(
                    shownTerms(terms),
                    "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
            return;
        }
        for (int i = 0; i < terms.size(); i++) {
            var term = terms.get(i);
            var old = before.get(i);
            boolean anything =
                    old.path("matchExpressions").isEmpty() && old.path("matchFields").isEmpty();
            boolean narrowed =
                    anything
                            ? term.path("matchExpressions").isEmpty()
                                    && term.path("matchFields").isEmpty()
                            : beginsWith(term, old, "matchExpressions")
                                    && beginsWith(term, old, "matchFields");
            if (!narrowed) at.at(i).invalid(shownTerm(term), ONLY_ADDITIONS);
        }
    }

    private static boolean beginsWith(JsonNode term, JsonNode before, String list) {
        var had = before.path(list);
        for (int i = 0; i < had.size(); i++) {
            if (!Trees.same(had.get(i), term.path(list).path(i))) return false;
        }
        return true;
    }

    /// As upstream shows its own type, whose fields have no names of the wire.
    private static JsonNode shownTerms(JsonNode terms) {
        var shown = JsonNodeFactory.instance.arrayNode();
        terms.forEach(term -> shown.add(shownTerm(term)));
        return shown;
    }

    private static JsonNode shownTerm(JsonNode term) {
        var shown = JsonNodeFactory.instance.objectNode();
        shown.set("MatchExpressions", shownExpressions(term.path("matchExpressions")));
        shown.set("MatchFields", shownExpressions(term.path("matchFields")));
        return shown;
    }

    private static JsonNode shownExpressions(JsonNode expressions) {
        if (expressions.isEmpty()) return JsonNodeFactory.instance.nullNode();
        var shown = JsonNodeFactory.instance.arrayNode();
        for (var expression : expressions) {
            shown.addObject()
                    .put("Key", expression.path("key").asText())
                    .put("Operator", expression.path("operator").asText())
                    .set(
                            "Values",
                            expression.has("values")
                                    ? expression.path("values")
                                    : JsonNodeFactory.instance.nullNode());
        }
        return shown;
    }
}
