package dev.ordinal.api;

/// Names a served collection: `apps/v1` `statefulsets`. The core group is empty.
public record GroupVersionResource(String group, String version, String resource) {
    /// @param apiVersion `v1` or `group/version`
    public static GroupVersionResource of(String apiVersion, String resource) {
        int slash = apiVersion.indexOf('/');
        return slash < 0
                ? new GroupVersionResource("", apiVersion, resource)
                : new GroupVersionResource(
                        apiVersion.substring(0, slash), apiVersion.substring(slash + 1), resource);
    }

    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /// As error messages spell it: `pods`, `statefulsets.apps`.
    public String groupResource() {
        return group.isEmpty() ? resource : resource + "." + group;
    }
}
