package dev.ordinal.cluster;

import dev.ordinal.control.Controller;

import java.util.List;
import java.util.Map;

/// Which controllers run in this process, for clusters whose others are somebody else's. Those that
/// upstream has in its API server or in a driver of volumes always run.
///
/// @param items `*`, names, and names behind a minus, as kube-controller-manager takes them
/// @see "upstream: staging/src/k8s.io/controller-manager/app/helper.go, IsControllerEnabled"
public record ControllerChoice(List<String> items) {
    public static final ControllerChoice ALL = new ControllerChoice(List.of("*"));

    /// Ours to upstream's; the scheduler counts as one.
    private static final Map<String, String> NAMES =
            Map.ofEntries(
                    Map.entry("statefulset", "statefulset-controller"),
                    Map.entry("persistentvolume", "persistentvolume-binder-controller"),
                    Map.entry("persistentvolumeclaim", "persistentvolume-binder-controller"),
                    Map.entry("protection", "persistentvolumeclaim-protection-controller"),
                    Map.entry("endpointslice", "endpointslice-controller"),
                    Map.entry("namespace", "namespace-controller"),
                    Map.entry("serviceaccount", "serviceaccount-controller"),
                    Map.entry("clusterrole-aggregation", "clusterrole-aggregation-controller"),
                    Map.entry("garbage", "garbage-collector-controller"),
                    Map.entry("scheduler", "kube-scheduler"),
                    Map.entry("node-taints", "node-lifecycle-controller"),
                    Map.entry("taint-eviction", "taint-eviction-controller"));

    /// @param text as `--controllers` has it: `*,-statefulset-controller`; empty: none
    /// @throws IllegalArgumentException with upstream's message, for a name nobody has
    public static ControllerChoice parse(String text) {
        var items = text.isEmpty() ? List.<String>of() : List.of(text.split(",", -1));
        for (var item : items) {
            var name = item.startsWith("-") ? item.substring(1) : item;
            if (!name.equals("*") && !NAMES.containsValue(name)) {
                throw new IllegalArgumentException(
                        "\"%s\" is not in the list of known controllers".formatted(name));
            }
        }
        return new ControllerChoice(items);
    }

    boolean runs(Controller controller) {
        var name = NAMES.get(controller.name());
        if (name == null) return true;
        for (var item : items) {
            if (item.equals(name)) return true;
            if (item.equals("-" + name)) return false;
        }
        return items.contains("*");
    }
}
