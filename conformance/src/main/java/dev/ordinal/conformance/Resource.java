package dev.ordinal.conformance;

import java.util.Arrays;

/// The kinds that scenarios make and watch. The order is that of the transcripts.
enum Resource {
    NAMESPACE("namespace", "/api/v1", "namespaces", false),
    STATEFUL_SET("statefulset", "/apis/apps/v1", "statefulsets", true),
    REVISION("revision", "/apis/apps/v1", "controllerrevisions", true),
    POD("pod", "/api/v1", "pods", true),
    CLAIM("claim", "/api/v1", "persistentvolumeclaims", true),
    VOLUME("volume", "/api/v1", "persistentvolumes", false),
    STORAGE_CLASS("storageclass", "/apis/storage.k8s.io/v1", "storageclasses", false),
    CONFIG_MAP("configmap", "/api/v1", "configmaps", true),
    EVENT("event", "/api/v1", "events", true),
    NODE("node", "/api/v1", "nodes", false),
    SERVICE_ACCOUNT("serviceaccount", "/api/v1", "serviceaccounts", true);

    /// As scripts and transcripts call it.
    final String word;

    final boolean namespaced;
    private final String group;
    private final String plural;

    Resource(String word, String group, String plural, boolean namespaced) {
        this.word = word;
        this.group = group;
        this.plural = plural;
        this.namespaced = namespaced;
    }

    /// @throws IllegalArgumentException for a word that is none of theirs
    static Resource of(String word) {
        return Arrays.stream(values())
                .filter(resource -> resource.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no kind is called " + word));
    }

    String collection(String namespace) {
        return namespaced
                ? "%s/namespaces/%s/%s".formatted(group, namespace, plural)
                : "%s/%s".formatted(group, plural);
    }

    String path(String namespace, String name) {
        return collection(namespace) + "/" + name;
    }
}
