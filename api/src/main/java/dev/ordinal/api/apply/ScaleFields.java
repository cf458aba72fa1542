package dev.ordinal.api.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.apply.Managed.Entry;

import java.util.TreeMap;

/// Who owns the number of replicas, in an object and in its Scale.
///
/// @see "upstream: apimachinery/pkg/util/managedfields/scalehandler.go"
public final class ScaleFields {
    private static final String SCALE = "autoscaling/v1";
    private static final FieldSet REPLICAS = FieldSet.of("spec.replicas");

    private final Managed parent;
    private final String apiVersion;
    private final FieldSet path;

    /// @param object the object that is scaled
    /// @param path of the number in it: `spec.replicas`
    public ScaleFields(ObjectNode object, String apiVersion, String path) {
        parent = Managed.readable(object.path("metadata").get("managedFields"));
        this.apiVersion = apiVersion;
        this.path = FieldSet.of(path);
    }

    /// Gives the Scale the entries of those who own the number.
    public void writeTo(ObjectNode scale) {
        var managed = new Managed();
        parent.entries()
                .forEach(
                        (manager, entry) -> {
                            if (entry.fields().intersection(path).isEmpty()) return;
                            var owned = new Entry(SCALE, entry.time(), REPLICAS);
                            managed.entries().put(manager, owned);
                        });
        managed.writeTo(scale);
    }

    /// Gives the object the entries that follow from those of the Scale.
    public void readFrom(ObjectNode scale, ObjectNode object) {
        var owners = Managed.readable(scale.path("metadata").get("managedFields"));
        var managed = new Managed();
        var left = new TreeMap<>(owners.entries());
        parent.entries()
                .forEach(
                        (manager, entry) -> {
                            boolean had = !entry.fields().intersection(path).isEmpty();
                            if (!had) managed.entries().put(manager, entry);
                            else if (left.remove(manager) != null) {
                                managed.entries().put(manager, entry);
                            } else {
                                var rest = entry.fields().difference(path);
                                if (rest.isEmpty()) return;
                                managed.entries().put(manager, entry.with(rest));
                            }
                        });
        left.forEach(
                (manager, entry) -> {
                    if (entry.fields().intersection(REPLICAS).isEmpty()) return;
                    var known = parent.entries().get(manager);
                    var time = known == null ? "" : known.time();
                    managed.entries().put(manager, new Entry(apiVersion, time, path));
                });
        managed.writeTo(object);
    }
}
