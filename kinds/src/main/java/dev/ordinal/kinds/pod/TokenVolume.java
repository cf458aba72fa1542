package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.List;

/// The volume `kube-api-access-xxxxx` by which a pod reaches the API: its account's token, the
/// cluster's certificate and the pod's namespace.
///
/// @see "upstream: plugin/pkg/admission/serviceaccount"
final class TokenVolume {
    private static final String NAME = "kube-api-access-";
    private static final String PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
    private static final String SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final int SUFFIX_LENGTH = 5;
    private static final int FILE_MODE = 0644;
    private static final int LIFE_SECONDS = 3607;

    private TokenVolume() {}

    /// Mounts it in every container that has nothing at its place.
    ///
    /// @param uid of the pod, which the name comes from
    static void add(ObjectNode spec, String uid) {
        var there = existing(spec);
        var name = there.isEmpty() ? NAME + suffix(uid) : there;
        boolean needed = false;
        for (var list : List.of("initContainers", "containers")) {
            for (var container : spec.path(list)) {
                if (!(container instanceof ObjectNode object) || isMounted(container)) continue;
                object.withArrayProperty("volumeMounts")
                        .addObject()
                        .put("name", name)
                        .put("readOnly", true)
                        .put("mountPath", PATH);
                needed = true;
            }
        }
        if (needed && there.isEmpty()) fill(spec.withArrayProperty("volumes").addObject(), name);
    }

    private static String existing(JsonNode spec) {
        for (var volume : spec.path("volumes")) {
            var name = volume.path("name").asText();
            if (name.startsWith(NAME)) return name;
        }
        return "";
    }

    private static boolean isMounted(JsonNode container) {
        for (var mount : container.path("volumeMounts")) {
            if (mount.path("mountPath").asText().equals(PATH)) return true;
        }
        return false;
    }

    private static String suffix(String uid) {
        long hash = 0;
        for (char c : uid.toCharArray()) hash = hash * 31 + c;
        var suffix = new StringBuilder();
        for (int i = 0; i < SUFFIX_LENGTH; i++) {
            int at = Math.floorMod(hash, SUFFIX_ALPHABET.length());
            suffix.append(SUFFIX_ALPHABET.charAt(at));
            hash = Math.floorDiv(hash, SUFFIX_ALPHABET.length());
        }
        return suffix.toString();
    }

    private static void fill(ObjectNode volume, String name) {
        var projected = volume.put("name", name).putObject("projected");
        var sources = projected.put("defaultMode", FILE_MODE).putArray("sources");
        sources.addObject()
                .putObject("serviceAccountToken")
                .put("path", "token")
                .put("expirationSeconds", LIFE_SECONDS);
        var authority = sources.addObject().putObject("configMap").put("name", "kube-root-ca.crt");
        authority.putArray("items").addObject().put("key", "ca.crt").put("path", "ca.crt");
        sources.addObject()
                .putObject("downwardAPI")
                .putArray("items")
                .addObject()
                .put("path", "namespace")
                .putObject("fieldRef")
                .put("apiVersion", "v1")
                .put("fieldPath", "metadata.namespace");
    }
}
