package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Admission;
import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Registry;
import dev.ordinal.api.Stored;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// Keeps the served kinds those that the definitions describe: a definition's write is answered
/// when the set of kinds has followed it. Refuses new objects of a kind that is going.
public final class CustomKinds implements Admission {
    private final Map<String, Compiled> compiled = new HashMap<>();
    private @Nullable Registry registry;
    private volatile Set<String> terminating = Set.of();
    private volatile Consumer<String> listener = _ -> {};

    /// The kinds of one definition as it was at a revision.
    private record Compiled(long revision, List<Kind> kinds) {}

    /// Serves what is defined already; called once before any other write.
    public synchronized void load(Registry registry) {
        this.registry = registry;
        refresh();
    }

    /// @param listener hears the name of a definition that is going when one of its objects changed
    void whenObjectsGo(Consumer<String> listener) {
        this.listener = listener;
    }

    @Override
    public void admit(Write write) {
        if (write.kind().equals(CustomResourceDefinitions.KIND)) {
            if (!write.dryRun()) write.onCommitted(this::refresh);
            return;
        }
        if (write.kind().form() == null) return;
        var definition = write.kind().type().groupResource();
        if (!terminating.contains(definition)) return;
        if (write.operation() == Operation.CREATE) {
            throw ApiException.forbidden(
                    write.kind().type(),
                    write.name(),
                    "create not allowed while custom resource definition is terminating");
        }
        write.onCommitted(() -> listener.accept(definition));
    }

    /// Reads all definitions anew, so that it does not matter in which order writes end.
    private synchronized void refresh() {
        var target = registry;
        if (target == null) return;
        var definitions =
                target.list(CustomResourceDefinitions.KIND.type(), null, Api.ListOptions.ALL)
                        .items();
        List<Kind> kinds = new ArrayList<>();
        for (var definition : definitions) kinds.addAll(kindsOf(definition));
        compiled.keySet()
                .retainAll(definitions.stream().map(Stored::name).collect(Collectors.toSet()));
        terminating =
                definitions.stream()
                        .filter(d -> Conditions.isTrue(d.tree(), Conditions.TERMINATING))
                        .map(Stored::name)
                        .collect(Collectors.toSet());
        kinds.sort(
                Comparator.comparing(Kind::group)
                        .thenComparing(kind -> kind.type().version(), Versions.NEWEST));
        target.serve(kinds);
    }

    private List<Kind> kindsOf(Stored definition) {
        var known = compiled.get(definition.name());
        if (known != null && known.revision == definition.revision()) return known.kinds;
        var kinds =
                isServed(definition.tree()) ? CustomKind.of(definition.tree()) : List.<Kind>of();
        compiled.put(definition.name(), new Compiled(definition.revision(), kinds));
        return kinds;
    }

    private static boolean isServed(JsonNode crd) {
        return Conditions.isTrue(crd, Conditions.NAMES_ACCEPTED)
                || Conditions.isTrue(crd, Conditions.ESTABLISHED);
    }
}
