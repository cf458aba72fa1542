package dev.ordinal.kinds.scheduler;

import dev.ordinal.control.Selectors;
import dev.ordinal.kinds.scheduler.Refusal.Cause;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Which pods a pod must, and must not, share a domain with, and which do not want it.
///
/// @see "upstream: pkg/scheduler/framework/plugins/interpodaffinity"
final class Company implements Filter {
    /// All nodes with the same value of a label.
    private record Domain(String key, String value) {}

    private final Function<String, Map<String, String>> namespaceLabels;
    private final List<PodAffinityTerm> wanted;
    private final List<PodAffinityTerm> unwanted;
    private final Set<Domain> withWanted = new HashSet<>();
    private final Set<Domain> withUnwanted = new HashSet<>();
    private final Set<Domain> closed = new HashSet<>();
    private final boolean wantsItself;

    private Company(Pod pod, Function<String, Map<String, String>> namespaceLabels) {
        this.namespaceLabels = namespaceLabels;
        wanted = wanted(pod);
        unwanted = unwanted(pod);
        wantsItself = wanted.stream().allMatch(term -> means(term, pod, pod));
    }

    static Company of(
            Pod pod, List<NodeLoad> all, Function<String, Map<String, String>> namespaceLabels) {
        var company = new Company(pod, namespaceLabels);
        boolean indifferent = company.wanted.isEmpty() && company.unwanted.isEmpty();
        for (var node : all) {
            var others = indifferent ? node.choosy() : node.pods();
            for (var other : others) company.meet(pod, other, node);
        }
        return company;
    }

    private static List<PodAffinityTerm> wanted(Pod pod) {
        return Optional.ofNullable(pod.getSpec().getAffinity())
                .map(Affinity::getPodAffinity)
                .map(a -> a.getRequiredDuringSchedulingIgnoredDuringExecution())
                .orElse(List.of());
    }

    static List<PodAffinityTerm> unwanted(Pod pod) {
        return Optional.ofNullable(pod.getSpec().getAffinity())
                .map(Affinity::getPodAntiAffinity)
                .map(a -> a.getRequiredDuringSchedulingIgnoredDuringExecution())
                .orElse(List.of());
    }

    private void meet(Pod pod, Pod other, NodeLoad node) {
        if (!wanted.isEmpty() && wanted.stream().allMatch(term -> means(term, pod, other))) {
            for (var term : wanted) domain(term, node).ifPresent(withWanted::add);
        }
        for (var term : unwanted) {
            if (means(term, pod, other)) domain(term, node).ifPresent(withUnwanted::add);
        }
        for (var term : unwanted(other)) {
            if (means(term, other, pod)) domain(term, node).ifPresent(closed::add);
        }
    }

    private static Optional<Domain> domain(PodAffinityTerm term, NodeLoad node) {
        var key = term.getTopologyKey();
        return Optional.ofNullable(node.labels().get(key)).map(value -> new Domain(key, value));
    }

    /// Whether a term of one pod is about another.
    private boolean means(PodAffinityTerm term, Pod whose, Pod other) {
        var selector = term.getNamespaceSelector();
        var namespace = other.getMetadata().getNamespace();
        boolean own = term.getNamespaces().isEmpty() && selector == null;
        boolean near =
                own
                        ? namespace.equals(whose.getMetadata().getNamespace())
                        : term.getNamespaces().contains(namespace)
                                || Selectors.matches(selector, namespaceLabels.apply(namespace));
        return near && Selectors.matches(term.getLabelSelector(), other.getMetadata().getLabels());
    }

    @Override
    public Optional<Refusal> refuse(NodeLoad node) {
        if (!hasWanted(node)) {
            return Optional.of(
                    Refusal.lasting(Cause.COMPANY, "node(s) didn't match pod affinity rules"));
        }
        for (var term : unwanted) {
            if (domain(term, node).filter(withUnwanted::contains).isPresent()) {
                return Optional.of(
                        Refusal.forPods(
                                Cause.COMPANY, "node(s) didn't match pod anti-affinity rules"));
            }
        }
        boolean open =
                node.labels().entrySet().stream()
                        .noneMatch(
                                label ->
                                        closed.contains(
                                                new Domain(label.getKey(), label.getValue())));
        return open
                ? Optional.empty()
                : Optional.of(
                        Refusal.forPods(
                                Cause.COMPANY,
                                "node(s) didn't satisfy existing pods anti-affinity rules"));
    }

    /// The first of a group of pods that want each other need not wait for another one.
    private boolean hasWanted(NodeLoad node) {
        boolean everyone = true;
        for (var term : wanted) {
            var domain = domain(term, node);
            if (domain.isEmpty()) return false;
            everyone &= withWanted.contains(domain.get());
        }
        return everyone || (withWanted.isEmpty() && wantsItself);
    }
}
