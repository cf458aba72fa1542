package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Trees;
import dev.ordinal.kinds.customresourcedefinition.Conditions.Condition;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Which of the names a definition asks for it may have: those that nobody else in its group has.
///
/// @param names the accepted ones
/// @param accepted the condition NamesAccepted
/// @see "upstream: apiextensions-apiserver/pkg/controller/status/naming_controller.go"
record NamesPlan(ObjectNode names, Condition accepted) {
    /// Pure.
    ///
    /// @param others the other definitions
    static NamesPlan of(JsonNode crd, List<? extends JsonNode> others) {
        Set<String> resources = new HashSet<>();
        Set<String> kinds = new HashSet<>();
        for (var other : others) {
            if (!other.at("/spec/group").equals(crd.at("/spec/group"))) continue;
            var names = other.at("/status/acceptedNames");
            resources.add(names.path("plural").asText());
            resources.add(names.path("singular").asText());
            names.path("shortNames").forEach(name -> resources.add(name.asText()));
            kinds.add(names.path("kind").asText());
            kinds.add(names.path("listKind").asText());
        }
        return new Names(crd, resources, kinds).decide();
    }

    /// What has been found so far.
    private static final class Names {
        private final JsonNode wanted;
        private final JsonNode had;
        private final ObjectNode accepted;
        private final Set<String> resources;
        private final Set<String> kinds;
        private Condition condition =
                new Condition(Conditions.NAMES_ACCEPTED, true, "NoConflicts", "no conflicts found");

        Names(JsonNode crd, Set<String> resources, Set<String> kinds) {
            wanted = crd.at("/spec/names");
            had = crd.at("/status/acceptedNames");
            accepted = had instanceof ObjectNode names ? names.deepCopy() : wanted.deepCopy();
            this.resources = resources;
            this.kinds = kinds;
        }

        NamesPlan decide() {
            one("plural", "PluralConflict", resources);
            one("singular", "SingularConflict", resources);
            shortNames();
            one("kind", "KindConflict", kinds);
            one("listKind", "ListKindConflict", kinds);
            Trees.copy("categories", (ObjectNode) wanted, accepted);
            return new NamesPlan(accepted, condition);
        }

        private void one(String field, String reason, Set<String> taken) {
            var name = wanted.path(field).asText();
            if (!name.equals(had.path(field).asText()) && taken.contains(name)) {
                refuse(reason, inUse(name));
            } else accepted.put(field, name);
        }

        private void shortNames() {
            Set<String> ours = new HashSet<>();
            had.path("shortNames").forEach(name -> ours.add(name.asText()));
            List<String> taken = new ArrayList<>();
            for (var name : wanted.path("shortNames")) {
                boolean free = ours.contains(name.asText()) || !resources.contains(name.asText());
                if (!free) taken.add(inUse(name.asText()));
            }
            if (taken.isEmpty()) Trees.copy("shortNames", (ObjectNode) wanted, accepted);
            else {
                var all = String.join(", ", taken);
                refuse("ShortNamesConflict", taken.size() == 1 ? all : "[" + all + "]");
            }
        }

        private static String inUse(String name) {
            return "\"" + name + "\" is already in use";
        }

        /// The last conflict is told.
        private void refuse(String reason, String message) {
            condition = new Condition(Conditions.NAMES_ACCEPTED, false, reason, message);
        }
    }
}
