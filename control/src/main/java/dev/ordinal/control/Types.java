package dev.ordinal.control;

import dev.ordinal.api.GroupVersionResource;

/// The collections our controllers and the node work with.
public final class Types {
    public static final GroupVersionResource NAMESPACES = core("namespaces");
    public static final GroupVersionResource NODES = core("nodes");
    public static final GroupVersionResource PODS = core("pods");
    public static final GroupVersionResource SERVICES = core("services");
    public static final GroupVersionResource CONFIG_MAPS = core("configmaps");
    public static final GroupVersionResource SECRETS = core("secrets");
    public static final GroupVersionResource SERVICE_ACCOUNTS = core("serviceaccounts");
    public static final GroupVersionResource VOLUMES = core("persistentvolumes");
    public static final GroupVersionResource CLAIMS = core("persistentvolumeclaims");
    public static final GroupVersionResource EVENTS = core("events");
    public static final GroupVersionResource STATEFUL_SETS =
            GroupVersionResource.of("apps/v1", "statefulsets");
    public static final GroupVersionResource CONTROLLER_REVISIONS =
            GroupVersionResource.of("apps/v1", "controllerrevisions");
    public static final GroupVersionResource ENDPOINT_SLICES =
            GroupVersionResource.of("discovery.k8s.io/v1", "endpointslices");
    public static final GroupVersionResource STORAGE_CLASSES =
            GroupVersionResource.of("storage.k8s.io/v1", "storageclasses");

    private Types() {}

    private static GroupVersionResource core(String resource) {
        return GroupVersionResource.of("v1", resource);
    }
}
