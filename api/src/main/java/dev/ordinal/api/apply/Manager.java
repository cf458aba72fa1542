package dev.ordinal.api.apply;

/// Who has an entry of its own in `managedFields`.
///
/// @param applies by server-side apply; false: by any other write
/// @param apiVersion empty for one that applies: its entry may change its version
/// @param subresource empty for the object itself
record Manager(String name, boolean applies, String apiVersion, String subresource)
        implements Comparable<Manager> {

    static Manager applying(String name, String subresource) {
        return new Manager(name, true, "", subresource);
    }

    static Manager updating(String name, String apiVersion, String subresource) {
        return new Manager(name, false, apiVersion, subresource);
    }

    String operation() {
        return applies ? "Apply" : "Update";
    }

    /// In the order of upstream's identifiers.
    @Override
    public int compareTo(Manager other) {
        return identifier().compareTo(other.identifier());
    }

    private String identifier() {
        var text = new StringBuilder("{");
        if (!name.isEmpty()) text.append("\"manager\":").append(PathElement.quoted(name));
        text.append(",\"operation\":\"").append(operation()).append('"');
        if (!apiVersion.isEmpty()) text.append(",\"apiVersion\":\"").append(apiVersion).append('"');
        if (!subresource.isEmpty()) {
            text.append(",\"subresource\":\"").append(subresource).append('"');
        }
        return text.append('}').toString();
    }

    /// As conflicts name it.
    String shown() {
        var text = new StringBuilder(PathElement.quoted(name));
        if (!subresource.isEmpty()) {
            text.append(" with subresource ").append(PathElement.quoted(subresource));
        }
        if (!applies) text.append(" using ").append(apiVersion);
        return text.toString();
    }
}
