package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.FeatureGates;
import dev.ordinal.api.FeatureGates.Feature;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Names;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Checks;
import dev.ordinal.kinds.Columns;
import dev.ordinal.kinds.persistentvolumeclaim.Claims;
import dev.ordinal.kinds.pod.PodDefaults;
import dev.ordinal.kinds.pod.PodRules;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Everything the API server knows about `apps/v1` StatefulSets.
public final class StatefulSets {
    private static final List<String> MUTABLE =
            List.of(
                    "replicas",
                    "ordinals",
                    "template",
                    "updateStrategy",
                    "revisionHistoryLimit",
                    "persistentVolumeClaimRetentionPolicy",
                    "minReadySeconds");

    private static final String MAX_UNAVAILABLE = "maxUnavailable";

    private StatefulSets() {}

    /// The kind as a cluster with these gates serves it.
    public static Kind kind(FeatureGates gates) {
        boolean countsUnavailable = gates.on(Feature.MAX_UNAVAILABLE_STATEFUL_SET);
        return (countsUnavailable
                        ? kind().field(
                                        "spec.updateStrategy.rollingUpdate." + MAX_UNAVAILABLE,
                                        f -> f.byDefault(1))
                        : kind().preparing(StatefulSets::dropMaxUnavailable))
                .build();
    }

    private static Kind.Builder kind() {
        return Kind.of("apps/v1", "statefulsets", Schema.load("apps/v1", "StatefulSet"))
                .shortNames("sts")
                .categories("all")
                .status()
                .generations()
                .scale("/spec/replicas", "/status/replicas", "/spec/selector")
                .name(Names::label)
                .field("spec.replicas", f -> f.byDefault(1))
                .field("spec.podManagementPolicy", f -> f.byDefault("OrderedReady"))
                .field("spec.revisionHistoryLimit", f -> f.byDefault(10))
                .defaulting(StatefulSets::fill)
                .warnings(StatefulSets::warnings)
                .rules(StatefulSets::check)
                .statusRules(StatefulSets::checkStatus)
                .column(Columns.name())
                .column(
                        Columns.text(
                                "Ready",
                                "Ready replicas of those wanted.",
                                set ->
                                        set.at("/status/readyReplicas").asInt()
                                                + "/"
                                                + set.at("/spec/replicas").asInt()))
                .column(Columns.age())
                .column(
                        Columns.wide(
                                "Containers",
                                "Names of its containers.",
                                set ->
                                        Columns.joined(
                                                set.at("/spec/template/spec/containers"), "name")))
                .column(
                        Columns.wide(
                                "Images",
                                "Images of its containers.",
                                set ->
                                        Columns.joined(
                                                set.at("/spec/template/spec/containers"),
                                                "image")));
    }

    private static void fill(ObjectNode set) {
        if (!(set.path("spec") instanceof ObjectNode spec)) return;
        var strategy = spec.withObjectProperty("updateStrategy");
        if (strategy.path("type").asText().isEmpty()) {
            strategy.put("type", "RollingUpdate");
            strategy.withObjectProperty("rollingUpdate");
        }
        if (strategy.path("type").asText().equals("RollingUpdate")
                && strategy.path("rollingUpdate") instanceof ObjectNode block
                && !block.has("partition")) {
            block.put("partition", 0);
        }
        var retention = spec.withObjectProperty("persistentVolumeClaimRetentionPolicy");
        for (var when : List.of("whenDeleted", "whenScaled")) {
            if (retention.path(when).asText().isEmpty()) retention.put(when, "Retain");
        }
        PodDefaults.fillTemplate(spec.path("template").path("spec"));
        for (var claim : spec.path("volumeClaimTemplates")) {
            var template = (ObjectNode) claim;
            template.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
            Claims.fill(template);
            template.withObjectProperty("status").put("phase", "Pending");
        }
    }

    /// The feature MaxUnavailableStatefulSet is off: its field goes unless it was there already.
    private static void dropMaxUnavailable(
            ObjectNode set, @Nullable JsonNode old, @Nullable String subresource) {
        var block = "/spec/updateStrategy/rollingUpdate";
        if (old != null && old.at(block).has(MAX_UNAVAILABLE)) return;
        if (set.at(block) instanceof ObjectNode rolling) rolling.remove(MAX_UNAVAILABLE);
    }

    private static List<String> warnings(JsonNode set, @Nullable JsonNode old) {
        List<String> warnings = new ArrayList<>();
        var templates = set.at("/spec/volumeClaimTemplates");
        for (int i = 0; i < templates.size(); i++) {
            // The capital letter is upstream's; on creation it has no such word at all.
            var path = "spec.volumeClaimTemplates[" + i + "]" + (old == null ? "" : ".Spec");
            warnings.addAll(Claims.warnings(templates.get(i).path("spec"), path));
        }
        if (set.at("/spec/revisionHistoryLimit").asInt() < 0) {
            warnings.add(
                    "spec.revisionHistoryLimit: a negative value retains all historical revisions;"
                            + " a value >= 0 is recommended");
        }
        return warnings;
    }

    private static void check(JsonNode set, @Nullable JsonNode old, Problems problems) {
        var spec = set.path("spec");
        boolean oldIsFine = old == null || isFine(old.path("spec"));
        checkSpec(spec, old == null, oldIsFine, problems.at("spec"));
        if (old != null) {
            checkImmutable((ObjectNode) spec, (ObjectNode) old.path("spec"), problems.at("spec"));
        }
        Extensions.check(set, problems);
    }

    /// An update of a set that would not be accepted today keeps its template unchecked.
    private static boolean isFine(JsonNode spec) {
        var problems = new Problems();
        checkSpec(spec, false, true, problems);
        return problems.isEmpty();
    }

    private static void checkSpec(
            JsonNode spec, boolean creating, boolean withTemplate, Problems at) {
        var policy = spec.path("podManagementPolicy").asText();
        if (!List.of("OrderedReady", "Parallel").contains(policy)) {
            at.at("podManagementPolicy").invalid(policy, "must be 'OrderedReady' or 'Parallel'");
        }
        checkStrategy(spec.path("updateStrategy"), at.at("updateStrategy"));
        for (var when : List.of("whenDeleted", "whenScaled")) {
            Checks.oneOf(
                    spec.path("persistentVolumeClaimRetentionPolicy").path(when),
                    List.of("Retain", "Delete"),
                    at.at("persistentVolumeClaimRetentionPolicy").at(when));
        }
        Checks.nonNegative(spec.path("replicas"), at.at("replicas"));
        Checks.nonNegative(spec.path("minReadySeconds"), at.at("minReadySeconds"));
        Checks.nonNegative(spec.at("/ordinals/start"), at.at("ordinals").at("start"));
        if (creating) checkCreation(spec, at);
        checkTemplate(spec, withTemplate, at);
    }

    private static void checkImmutable(ObjectNode spec, ObjectNode old, Problems at) {
        var munged = spec.deepCopy();
        for (var field : MUTABLE) Trees.copy(field, old, munged);
        if (!Trees.same(munged, old)) {
            at.forbidden(
                    "updates to statefulset spec for fields other than 'replicas', 'ordinals',"
                            + " 'template', 'updateStrategy', 'revisionHistoryLimit',"
                            + " 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are"
                            + " forbidden");
        }
    }

    /// As upstream's own type prints itself.
    private static ObjectNode internal(JsonNode strategy) {
        var tree = JsonNodeFactory.instance.objectNode();
        tree.set("Type", strategy.path("type"));
        tree.set("RollingUpdate", internalBlock(strategy.path("rollingUpdate")));
        return tree;
    }

    private static JsonNode internalBlock(JsonNode rolling) {
        if (!rolling.isObject()) return JsonNodeFactory.instance.nullNode();
        var internal = JsonNodeFactory.instance.objectNode();
        internal.put("Partition", rolling.path("partition").asInt());
        var most = rolling.get(MAX_UNAVAILABLE);
        return internal.set("MaxUnavailable", most == null ? internal.nullNode() : most);
    }

    private static void checkStrategy(JsonNode strategy, Problems at) {
        var type = strategy.path("type").asText();
        switch (type) {
            case "" -> at.required("");
            case "OnDelete" -> {
                if (strategy.has("rollingUpdate")) {
                    at.at("rollingUpdate")
                            .invalid(
                                    internalBlock(strategy.path("rollingUpdate")),
                                    "only allowed for updateStrategy 'RollingUpdate'");
                }
            }
            case "RollingUpdate" -> {
                var rolling = strategy.path("rollingUpdate");
                var place = at.at("rollingUpdate");
                Checks.nonNegative(rolling.path("partition"), place.at("partition"));
                if (rolling.has(MAX_UNAVAILABLE)) {
                    checkMaxUnavailable(rolling.path(MAX_UNAVAILABLE), place.at(MAX_UNAVAILABLE));
                }
            }
            default -> at.invalid(internal(strategy), "must be 'RollingUpdate' or 'OnDelete'");
        }
    }

    private static void checkMaxUnavailable(JsonNode most, Problems at) {
        var text = most.asText();
        boolean percent = most.isTextual() && text.matches("[0-9]+%");
        if (most.isTextual() && !percent) {
            at.invalid(
                    most,
                    "a valid percent string must be a numeric string followed by an ending '%'"
                            + " (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
        }
        Checks.nonNegative(most, at);
        long value = most.isTextual() ? 0 : most.asLong();
        if (percent) value = Long.parseLong(text.substring(0, text.length() - 1));
        if (value == 0) at.invalid(most, "cannot be 0");
        if (percent && value > 100) at.invalid(most, "must not be greater than 100%");
    }

    private static void checkCreation(JsonNode spec, Problems at) {
        var service = spec.path("serviceName").asText();
        if (!service.isEmpty()) Checks.label(service, at.at("serviceName"));
        var templates = spec.path("volumeClaimTemplates");
        for (int i = 0; i < templates.size(); i++) {
            Claims.checkSpec(
                    templates.get(i).path("spec"), at.at("volumeClaimTemplates").at(i).at("spec"));
        }
    }

    private static void checkTemplate(JsonNode spec, boolean withPod, Problems at) {
        var selector = spec.path("selector");
        boolean matching = selector.isObject();
        if (!selector.isObject()) at.at("selector").required("");
        else {
            Checks.selector(selector, at.at("selector"));
            if (selector.path("matchLabels").isEmpty()
                    && selector.path("matchExpressions").isEmpty()) {
                at.at("selector").invalid(selector, "empty selector is invalid for statefulset");
            } else {
                matching = matches(selector, spec.at("/template/metadata/labels"));
            }
        }
        if (!matching) {
            at.at("template")
                    .at("metadata")
                    .at("labels")
                    .invalid(
                            spec.at("/template/metadata/labels"),
                            "`selector` does not match template `labels`");
        }
        Checks.labels(spec.at("/template/metadata/labels"), at.at("template").at("labels"));
        Set<String> claims = new HashSet<>();
        for (var claim : spec.path("volumeClaimTemplates")) {
            claims.add(claim.at("/metadata/name").asText());
        }
        var pod = spec.path("template").path("spec").deepCopy();
        var place = at.at("template").at("spec");
        // The controller overwrites these.
        if (pod instanceof ObjectNode tree) tree.remove(List.of("hostname", "subdomain"));
        if (withPod) PodRules.checkSpec(pod, claims, place);
        var restart = pod.path("restartPolicy").asText();
        if (!restart.equals("Always")) {
            place.at("restartPolicy").notSupported(restart, List.of("Always"));
        }
        if (pod.has("activeDeadlineSeconds")) {
            place.at("activeDeadlineSeconds")
                    .forbidden("activeDeadlineSeconds in StatefulSet is not Supported");
        }
    }

    /// The selector as a query over the template's labels.
    private static boolean matches(JsonNode selector, JsonNode labels) {
        var have = new java.util.HashMap<String, String>();
        labels.properties().forEach(l -> have.put(l.getKey(), l.getValue().asText()));
        for (var wanted : selector.path("matchLabels").properties()) {
            if (!wanted.getValue().asText().equals(have.get(wanted.getKey()))) return false;
        }
        for (var term : selector.path("matchExpressions")) {
            var key = term.path("key").asText();
            var values = new HashSet<String>();
            term.path("values").forEach(value -> values.add(value.asText()));
            var value = have.get(key);
            boolean holds =
                    switch (term.path("operator").asText()) {
                        case "In" -> value != null && values.contains(value);
                        case "NotIn" -> value == null || !values.contains(value);
                        case "Exists" -> value != null;
                        default -> value == null;
                    };
            if (!holds) return false;
        }
        return true;
    }

    private static void checkStatus(JsonNode set, @Nullable JsonNode old, Problems problems) {
        var status = set.path("status");
        var at = problems.at("status");
        var counters =
                List.of(
                        "replicas",
                        "readyReplicas",
                        "currentReplicas",
                        "updatedReplicas",
                        "availableReplicas");
        for (var counter : counters) Checks.nonNegative(status.path(counter), at.at(counter));
        for (var count : List.of("observedGeneration", "collisionCount")) {
            Checks.nonNegative(status.path(count), at.at(count));
        }
        int replicas = status.path("replicas").asInt();
        for (var counter : counters) {
            if (status.path(counter).asInt() > replicas) {
                at.at(counter)
                        .invalid(
                                status.path(counter).asInt(),
                                "cannot be greater than status.replicas");
            }
        }
        if (status.path("availableReplicas").asInt() > status.path("readyReplicas").asInt()) {
            at.at("availableReplicas")
                    .invalid(
                            status.path("availableReplicas").asInt(),
                            "cannot be greater than status.readyReplicas");
        }
        if (old != null
                && status.path("collisionCount").asInt()
                        < old.at("/status/collisionCount").asInt()) {
            at.at("collisionCount")
                    .invalid(status.path("collisionCount").asInt(), "cannot be decremented");
        }
    }
}
