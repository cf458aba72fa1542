package dev.ordinal.api.access;

/// What a user asks to be allowed.
///
/// Fields that do not apply are empty. A request for a resource has no path; any other has nothing
/// but its verb and path.
///
/// @param verb `get`, `list`, ...; the method in lower case for a path
/// @param resource the plural
public record Ask(
        User user,
        String verb,
        String namespace,
        String group,
        String resource,
        String subresource,
        String name,
        String path) {
    /// For a resource, or for some of its objects.
    public static Ask resource(
            User user,
            String verb,
            String namespace,
            String group,
            String resource,
            String subresource,
            String name) {
        return new Ask(user, verb, namespace, group, resource, subresource, name, "");
    }

    /// For a path that is not a resource's.
    public static Ask path(User user, String verb, String path) {
        return new Ask(user, verb, "", "", "", "", "", path.isEmpty() ? "/" : path);
    }

    public boolean isForResource() {
        return path.isEmpty();
    }

    /// The resource with its subresource.
    public String combined() {
        return subresource.isEmpty() ? resource : resource + "/" + subresource;
    }

    public Ask withVerb(String other) {
        return new Ask(user, other, namespace, group, resource, subresource, name, path);
    }
}
