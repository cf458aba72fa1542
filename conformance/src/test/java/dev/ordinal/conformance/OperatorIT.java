package dev.ordinal.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatus;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.Workflow;
import io.javaoperatorsdk.operator.api.reconciler.dependent.Dependent;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.CRUDKubernetesDependentResource;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// An operator of the Java Operator SDK with a definition, a StatefulSet for each of its resources,
/// status and finalizer; on a cluster of ours or, with `-Dkubeconfig=FILE`, on any other.
class OperatorIT {
    private static final int PATIENCE_SECONDS = 30;
    private static final String DEFINITION =
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata:
              name: sites.ordinal.example
            spec:
              group: ordinal.example
              scope: Namespaced
              names: {plural: sites, singular: site, kind: Site}
              versions:
              - name: v1
                served: true
                storage: true
                subresources: {status: {}}
                schema:
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec:
                        type: object
                        properties:
                          replicas: {type: integer, minimum: 0}
                      status:
                        type: object
                        properties:
                          pods: {type: integer}
            """;

    public static final class SiteSpec {
        public int replicas;
    }

    public static final class SiteStatus {
        public int pods;
    }

    @Group("ordinal.example")
    @Version("v1")
    public static final class Site extends CustomResource<SiteSpec, SiteStatus>
            implements Namespaced {}

    /// The set of a site, applied by the server.
    public static final class SiteSet extends CRUDKubernetesDependentResource<StatefulSet, Site> {
        public SiteSet() {
            super(StatefulSet.class);
        }

        @Override
        protected StatefulSet desired(Site site, Context<Site> context) {
            var labels = Map.of("site", site.getMetadata().getName());
            return new StatefulSetBuilder()
                    .withNewMetadata()
                    .withName(site.getMetadata().getName())
                    .withNamespace(site.getMetadata().getNamespace())
                    .withLabels(labels)
                    .endMetadata()
                    .withNewSpec()
                    .withReplicas(site.getSpec().replicas)
                    .withPodManagementPolicy("Parallel")
                    .withNewSelector()
                    .withMatchLabels(labels)
                    .endSelector()
                    .withNewTemplate()
                    .withNewMetadata()
                    .withLabels(labels)
                    .endMetadata()
                    .withNewSpec()
                    .addNewContainer()
                    .withName("main")
                    .withImage("site:1")
                    .endContainer()
                    .endSpec()
                    .endTemplate()
                    .endSpec()
                    .build();
        }
    }

    @Workflow(dependents = @Dependent(type = SiteSet.class))
    @ControllerConfiguration
    public static final class Sites implements Reconciler<Site>, Cleaner<Site> {
        private final BlockingQueue<String> cleaned = new LinkedBlockingQueue<>();
        private final BlockingQueue<StatefulSet> looks = new LinkedBlockingQueue<>();

        @Override
        public UpdateControl<Site> reconcile(Site site, Context<Site> context) {
            var set = context.getSecondaryResource(StatefulSet.class);
            set.ifPresent(looks::add);
            int pods =
                    set.map(StatefulSet::getStatus).map(StatefulSetStatus::getReplicas).orElse(0);
            if (site.getStatus() != null && site.getStatus().pods == pods) {
                // A patch without effect is answered with the newest state. The SDK takes that for
                // its own write, and does not hear of the change somebody else has made there.
                return UpdateControl.noUpdate();
            }
            var now = new Site();
            now.setMetadata(
                    new ObjectMetaBuilder()
                            .withName(site.getMetadata().getName())
                            .withNamespace(site.getMetadata().getNamespace())
                            .build());
            now.setStatus(new SiteStatus());
            now.getStatus().pods = pods;
            return UpdateControl.patchStatus(now);
        }

        @Override
        public DeleteControl cleanup(Site site, Context<Site> context) {
            cleaned.add(site.getMetadata().getName());
            return DeleteControl.defaultDelete();
        }
    }

    @Test
    void anOperatorKeepsASetForEachResourceOfItsKind(@TempDir Path folder) throws Exception {
        try (var server = new ControlPlane(folder);
                var client = client(server)) {
            var namespace = server.namespace("operator");
            var definition =
                    client.load(
                            new ByteArrayInputStream(DEFINITION.getBytes(StandardCharsets.UTF_8)));
            definition.create();
            var sites = new Sites();
            var operator =
                    new Operator(
                            with ->
                                    with.withKubernetesClient(client)
                                            .withCloseClientOnStop(false)
                                            .withReconciliationTerminationTimeout(
                                                    Duration.ofMillis(100)));
            operator.register(sites, with -> with.settingNamespace(namespace));
            try {
                operator.start();
                lifeOfASite(client, namespace, sites);
            } finally {
                operator.stop();
                definition.delete();
                server.forget(namespace);
            }
        }
    }

    private static KubernetesClient client(ControlPlane server) throws Exception {
        var config = Config.fromKubeconfig(Files.readString(server.kubeconfig()));
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private static void lifeOfASite(KubernetesClient client, String namespace, Sites sites)
            throws InterruptedException {
        var site = client.resources(Site.class).inNamespace(namespace).withName("web");
        var set = client.apps().statefulSets().inNamespace(namespace).withName("web");
        var made = new Site();
        made.setMetadata(new ObjectMetaBuilder().withName("web").withNamespace(namespace).build());
        made.setSpec(new SiteSpec());
        made.getSpec().replicas = 2;
        client.resource(made).create();
        var seen = await(site, now -> now.getStatus() != null && now.getStatus().pods == 2);
        assertThat(seen.getMetadata().getFinalizers())
                .containsExactly("sites.ordinal.example/finalizer");
        assertThat(set.get().getMetadata().getOwnerReferences())
                .singleElement()
                .returns(seen.getMetadata().getUid(), owner -> owner.getUid());

        site.edit(
                now -> {
                    now.getSpec().replicas = 3;
                    return now;
                });
        await(site, now -> now.getStatus().pods == 3);
        assertThat(set.get().getSpec().getReplicas()).isEqualTo(3);

        set.edit(now -> new StatefulSetBuilder(now).editSpec().withReplicas(1).endSpec().build());
        await(set, now -> now.getSpec().getReplicas() == 3);

        // As above: an operator that writes at the moment of the deletion does not hear of it.
        long generation = set.get().getMetadata().getGeneration();
        while (!isSettled(sites.looks.poll(PATIENCE_SECONDS, TimeUnit.SECONDS), generation)) {}
        await(site, now -> now.getStatus().pods == 3);

        site.delete();
        assertThat(sites.cleaned.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("web");
        await(site, Objects::isNull);
        await(set, Objects::isNull);
    }

    private static boolean isSettled(@Nullable StatefulSet seen, long generation) {
        assertThat(seen).isNotNull();
        var status = seen.getStatus();
        return Objects.equals(status.getObservedGeneration(), generation)
                && status.getReplicas() == 3;
    }

    private static <T> T await(Resource<T> resource, Predicate<T> condition) {
        return resource.waitUntilCondition(condition, PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
}
