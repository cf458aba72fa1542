package dev.ordinal.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.gson.reflect.TypeToken;

import dev.ordinal.testing.Rule;

import io.kubernetes.client.custom.V1Patch;
import io.kubernetes.client.informer.ResourceEventHandler;
import io.kubernetes.client.informer.SharedInformerFactory;
import io.kubernetes.client.informer.cache.Lister;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ConfigMapList;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.util.ClientBuilder;
import io.kubernetes.client.util.KubeConfig;
import io.kubernetes.client.util.PatchUtils;
import io.kubernetes.client.util.Watch;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// The Kubernetes project's own Java client, on a cluster of ours or, with `-Dkubeconfig=FILE`, on
/// any other.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OfficialClientIT {
    private static final int PATIENCE_SECONDS = 30;

    private ControlPlane server;
    private ApiClient client;
    private CoreV1Api core;
    private String namespace;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        server = new ControlPlane(folder);
        client = client(Files.readString(server.kubeconfig()));
        core = new CoreV1Api(client);
    }

    private static ApiClient client(String kubeconfig) throws Exception {
        var config = KubeConfig.loadKubeConfig(new StringReader(kubeconfig));
        return ClientBuilder.kubeconfig(config).setReadTimeout(Duration.ZERO).build();
    }

    @AfterAll
    void stop() throws Exception {
        server.close();
    }

    @BeforeEach
    void open() throws Exception {
        namespace = server.namespace("official");
    }

    @AfterEach
    void forget() throws Exception {
        server.forget(namespace);
    }

    private static V1ConfigMap map(String name, String value) {
        return new V1ConfigMap()
                .metadata(new V1ObjectMeta().name(name).labels(Map.of("mine", "yes")))
                .data(Map.of("value", value));
    }

    private V1ConfigMap create(String name) throws ApiException {
        return core.createNamespacedConfigMap(namespace, map(name, "1")).execute();
    }

    @Test
    void anObjectIsMadeReadChangedListedAndDeleted() throws Exception {
        var made = create("a");
        assertThat(made.getMetadata().getUid()).isNotEmpty();
        var again = catchThrowableOfType(ApiException.class, () -> create("a"));
        assertThat(again.getCode()).isEqualTo(409);
        assertThat(again.getResponseBody()).contains("\"reason\":\"AlreadyExists\"");
        made.putDataItem("value", "2");
        var replaced = core.replaceNamespacedConfigMap("a", namespace, made).execute();
        var late =
                catchThrowableOfType(
                        ApiException.class,
                        () -> core.replaceNamespacedConfigMap("a", namespace, made).execute());
        assertThat(late.getCode()).isEqualTo(409);
        assertThat(late.getResponseBody()).contains("the object has been modified");
        var patched = patch(V1Patch.PATCH_FORMAT_STRATEGIC_MERGE_PATCH, "{\"data\":{\"b\":\"3\"}}");
        assertThat(patched.getData()).isEqualTo(Map.of("value", "2", "b", "3"));
        assertThat(patched.getMetadata().getResourceVersion())
                .isNotEqualTo(replaced.getMetadata().getResourceVersion());
        var page =
                core.listNamespacedConfigMap(namespace)
                        .labelSelector("mine=yes")
                        .limit(1)
                        .execute();
        assertThat(page.getItems()).hasSize(1);
        core.deleteNamespacedConfigMap("a", namespace).execute();
        var gone =
                catchThrowableOfType(
                        ApiException.class,
                        () -> core.readNamespacedConfigMap("a", namespace).execute());
        assertThat(gone.getCode()).isEqualTo(404);
    }

    @Test
    void whatOthersHaveAppliedIsAConflict() throws Exception {
        var text =
                "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"},"
                        + "\"data\":{\"value\":\"%d\"}}";
        var applied = patch("one", V1Patch.PATCH_FORMAT_APPLY_YAML, text.formatted(1));
        assertThat(applied.getData()).isEqualTo(Map.of("value", "1"));
        var refused =
                catchThrowableOfType(
                        ApiException.class,
                        () -> patch("two", V1Patch.PATCH_FORMAT_APPLY_YAML, text.formatted(2)));
        assertThat(refused.getCode()).isEqualTo(409);
        assertThat(refused.getResponseBody()).contains("conflict with \\\"one\\\": .data.value");
    }

    private V1ConfigMap patch(String format, String text) throws ApiException {
        return patch("official", format, text);
    }

    private V1ConfigMap patch(String manager, String format, String text) throws ApiException {
        return PatchUtils.patch(
                V1ConfigMap.class,
                () ->
                        core.patchNamespacedConfigMap("a", namespace, new V1Patch(text))
                                .fieldManager(manager)
                                .buildCall(null),
                format,
                client);
    }

    @Test
    void aWatchTellsEveryChange() throws Exception {
        var from = create("a").getMetadata().getResourceVersion();
        var call =
                core.listNamespacedConfigMap(namespace)
                        .labelSelector("mine")
                        .resourceVersion(from)
                        .watch(true)
                        .buildCall(null);
        var type = new TypeToken<Watch.Response<V1ConfigMap>>() {}.getType();
        try (Watch<V1ConfigMap> watch = Watch.createWatch(client, call, type)) {
            create("b");
            core.deleteNamespacedConfigMap("a", namespace).execute();
            assertThat(told(watch.next())).isEqualTo("ADDED b");
            assertThat(told(watch.next())).isEqualTo("DELETED a");
        }
    }

    private static String told(Watch.Response<V1ConfigMap> event) {
        return event.type + " " + event.object.getMetadata().getName();
    }

    @Rule("api 13.3")
    @Test
    void anInformerOfAFactoryFollows() throws Exception {
        create("a");
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        var factory = new SharedInformerFactory(client);
        var informer =
                factory.sharedIndexInformerFor(
                        asked ->
                                core.listNamespacedConfigMap(namespace)
                                        .labelSelector("mine")
                                        .resourceVersion(asked.resourceVersion)
                                        .timeoutSeconds(asked.timeoutSeconds)
                                        .watch(asked.watch)
                                        .buildCall(null),
                        V1ConfigMap.class,
                        V1ConfigMapList.class);
        informer.addEventHandler(telling(told));
        factory.startAllRegisteredInformers();
        try {
            assertThat(next(told)).isEqualTo("add a=1");
            create("b");
            assertThat(next(told)).isEqualTo("add b=1");
            patch(V1Patch.PATCH_FORMAT_STRATEGIC_MERGE_PATCH, "{\"data\":{\"value\":\"2\"}}");
            assertThat(next(told)).isEqualTo("update a=1 to a=2");
            core.deleteNamespacedConfigMap("b", namespace).execute();
            assertThat(next(told)).isEqualTo("delete b=1");
            var cache = new Lister<>(informer.getIndexer(), namespace);
            assertThat(cache.list()).extracting(OfficialClientIT::text).containsExactly("a=2");
        } finally {
            factory.stopAllRegisteredInformers();
        }
    }

    private static ResourceEventHandler<V1ConfigMap> telling(BlockingQueue<String> told) {
        return new ResourceEventHandler<>() {
            @Override
            public void onAdd(V1ConfigMap map) {
                told.add("add " + text(map));
            }

            @Override
            public void onUpdate(V1ConfigMap old, V1ConfigMap now) {
                told.add("update " + text(old) + " to " + text(now));
            }

            @Override
            public void onDelete(V1ConfigMap map, boolean unknown) {
                told.add("delete " + text(map));
            }
        };
    }

    private static String text(V1ConfigMap map) {
        return map.getMetadata().getName() + "=" + map.getData().get("value");
    }

    private static String next(BlockingQueue<String> told) throws InterruptedException {
        return String.valueOf(told.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
}
