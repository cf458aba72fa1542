package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import org.jspecify.annotations.Nullable;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Names, labels and volumes that belong to one ordinal of a set.
final class Identity {
    static final String POD_NAME = "statefulset.kubernetes.io/pod-name";
    static final String POD_INDEX = "apps.kubernetes.io/pod-index";
    static final String REVISION = "controller-revision-hash";

    private Identity() {}

    /// The ordinal in a pod's name, or -1 when it has none that fits an int.
    static int ordinal(String podName) {
        int dash = parentEnd(podName);
        if (dash < 0) return -1;
        try {
            return Integer.parseInt(podName, dash + 1, podName.length(), 10);
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    static int ordinal(Pod pod) {
        return ordinal(pod.getMetadata().getName());
    }

    static boolean member(StatefulSet set, Pod pod) {
        var parent = set.getMetadata().getName();
        var name = pod.getMetadata().getName();
        return parentEnd(name) == parent.length() && name.startsWith(parent);
    }

    /// Where the dash between the set's name and digits is, or -1: there is none. Every look asks
    /// this of every pod.
    private static int parentEnd(String podName) {
        int at = podName.length();
        while (at > 0 && podName.charAt(at - 1) >= '0' && podName.charAt(at - 1) <= '9') at--;
        boolean digits = at < podName.length();
        return digits && at > 0 && podName.charAt(at - 1) == '-' ? at - 1 : -1;
    }

    static String podName(StatefulSet set, int ordinal) {
        return set.getMetadata().getName() + "-" + ordinal;
    }

    static String claimName(StatefulSet set, String template, int ordinal) {
        return template + "-" + podName(set, ordinal);
    }

    /// Claim names of one ordinal by volume name, in the order of the templates.
    static Map<String, String> claimNames(StatefulSet set, int ordinal) {
        if (templates(set).isEmpty()) return Map.of();
        Map<String, String> names = new LinkedHashMap<>();
        for (var template : templates(set)) {
            var volume = template.getMetadata().getName();
            names.put(volume, claimName(set, volume, ordinal));
        }
        return names;
    }

    private static List<PersistentVolumeClaim> templates(StatefulSet set) {
        var templates = set.getSpec().getVolumeClaimTemplates();
        return templates == null ? List.of() : templates;
    }

    static String revision(Pod pod) {
        return label(pod, REVISION);
    }

    static String label(Pod pod, String key) {
        var labels = pod.getMetadata().getLabels();
        return labels == null ? "" : labels.getOrDefault(key, "");
    }

    /// Name, namespace and the pod-name label are right.
    static boolean matches(StatefulSet set, Pod pod) {
        return member(set, pod)
                && podName(set, ordinal(pod)).equals(pod.getMetadata().getName())
                && set.getMetadata().getNamespace().equals(pod.getMetadata().getNamespace())
                && label(pod, POD_NAME).equals(pod.getMetadata().getName());
    }

    /// Each claim template has its volume, pointing at the expected claim.
    static boolean storageMatches(StatefulSet set, Pod pod) {
        int ordinal = ordinal(pod);
        if (ordinal < 0) return false;
        if (templates(set).isEmpty()) return true;
        Map<String, String> found = new LinkedHashMap<>();
        if (pod.getSpec() != null && pod.getSpec().getVolumes() != null) {
            for (var volume : pod.getSpec().getVolumes()) {
                var claim = volume.getPersistentVolumeClaim();
                if (claim != null) found.put(volume.getName(), claim.getClaimName());
            }
        }
        return claimNames(set, ordinal).entrySet().stream()
                .allMatch(wanted -> wanted.getValue().equals(found.get(wanted.getKey())));
    }

    /// A pod that is yet to be stored, as what owns its claims sees it.
    static Pod unborn(StatefulSet set, int ordinal) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(podName(set, ordinal))
                .withUid("")
                .endMetadata()
                .build();
    }

    /// A new pod for one ordinal.
    ///
    /// @param template of the chosen revision
    static ObjectNode newPod(StatefulSet set, JsonNode template, String revisionName, int ordinal) {
        var name = podName(set, ordinal);
        var pod = JsonNodeFactory.instance.objectNode();
        pod.put("apiVersion", "v1").put("kind", "Pod");
        var metadata = pod.putObject("metadata");
        metadata.put("name", name).put("generateName", set.getMetadata().getName() + "-");
        metadata.put("namespace", set.getMetadata().getNamespace());
        copy(template.path("metadata"), "annotations", metadata);
        copy(template.path("metadata"), "finalizers", metadata);
        var labels = metadata.putObject("labels");
        if (template.path("metadata").path("labels") instanceof ObjectNode given) {
            labels.setAll(given.deepCopy());
        }
        labels.put(POD_NAME, name);
        labels.put(POD_INDEX, Integer.toString(ordinal));
        labels.put(REVISION, revisionName);
        metadata.putArray("ownerReferences").add(controllerReference(set));
        var spec = (ObjectNode) template.path("spec").deepCopy();
        pod.set("spec", spec);
        spec.put("hostname", name);
        var service = set.getSpec().getServiceName();
        if (service == null || service.isEmpty()) spec.remove("subdomain");
        else spec.put("subdomain", service);
        setVolumes(set, spec, ordinal);
        return pod;
    }

    /// Puts the name, the name label, the index label and the claim volumes of a pod right.
    static void repair(StatefulSet set, ObjectNode pod) {
        var metadata = pod.withObjectProperty("metadata");
        int ordinal = ordinal(metadata.path("name").asText());
        var name = podName(set, ordinal);
        metadata.put("name", name);
        var labels = metadata.withObjectProperty("labels");
        labels.put(POD_NAME, name);
        labels.put(POD_INDEX, Integer.toString(ordinal));
        setVolumes(set, pod.withObjectProperty("spec"), ordinal);
    }

    private static void setVolumes(StatefulSet set, ObjectNode spec, int ordinal) {
        var claims = claimNames(set, ordinal);
        if (claims.isEmpty()) return;
        Set<String> replaced = new HashSet<>(claims.keySet());
        ArrayNode volumes = JsonNodeFactory.instance.arrayNode();
        claims.forEach(
                (volume, claim) ->
                        volumes.addObject()
                                .put("name", volume)
                                .putObject("persistentVolumeClaim")
                                .put("claimName", claim));
        for (var volume : spec.path("volumes")) {
            if (!replaced.contains(volume.path("name").asText())) volumes.add(volume);
        }
        spec.set("volumes", volumes);
    }

    static ObjectNode controllerReference(StatefulSet set) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("apiVersion", "apps/v1")
                .put("kind", "StatefulSet")
                .put("name", set.getMetadata().getName())
                .put("uid", set.getMetadata().getUid())
                .put("controller", true)
                .put("blockOwnerDeletion", true);
    }

    /// A new claim for one ordinal.
    ///
    /// @param template an element of the stored set's volumeClaimTemplates
    static ObjectNode newClaim(StatefulSet set, JsonNode template, int ordinal) {
        var claim = (ObjectNode) template.deepCopy();
        claim.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
        var metadata = claim.withObjectProperty("metadata");
        metadata.put("name", claimName(set, metadata.path("name").asText(), ordinal));
        metadata.put("namespace", set.getMetadata().getNamespace());
        var matchLabels = set.getSpec().getSelector().getMatchLabels();
        if (matchLabels != null && !matchLabels.isEmpty()) {
            var labels = metadata.withObjectProperty("labels");
            matchLabels.forEach(labels::put);
        }
        return claim;
    }

    private static void copy(JsonNode from, String field, ObjectNode to) {
        @Nullable JsonNode value = from.get(field);
        if (value != null && !value.isNull()) to.set(field, value.deepCopy());
    }
}
