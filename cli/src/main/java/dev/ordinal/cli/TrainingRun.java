package dev.ordinal.cli;

import dev.ordinal.cluster.Settings;
import dev.ordinal.node.runtime.Trees;

import picocli.CommandLine.Command;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.jar.JarFile;

/// Uses what a start uses, so that Java remembers it in its AOT cache. Runs no container.
@Command(name = "training-run", hidden = true, description = "Part of the build.")
final class TrainingRun implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
        loadOwnClasses();
        var data = Files.createTempDirectory("ordinal-training-");
        var settings =
                new StartOptions()
                        .settings(data)
                        .withPort(0)
                        .withRuntime(Settings.RuntimeChoice.SIMULATED);
        try (var session = Session.start(settings);
                var client = Client.of(data)) {
            System.out.println(session.cluster().kubeconfig());
            for (var object : Manifests.read(Home.example().toString()))
                System.out.println(client.apply(object, "default"));
            Demo.awaitReady(client);
            System.out.print(Get.text(client, List.of("po,sts,svc,pvc,pv"), "app-python", "wide"));
        } finally {
            Trees.delete(data);
        }
        return 0;
    }

    /// Those of the real node too, which the simulated one does without.
    private static void loadOwnClasses() throws IOException, ClassNotFoundException {
        var jars = System.getProperty("java.class.path").split(File.pathSeparator, -1);
        for (var path : jars) {
            try (var jar = new JarFile(path)) {
                for (var entry : Collections.list(jar.entries())) {
                    var name = entry.getName();
                    if (!name.matches("dev/ordinal/.*\\.class") || name.endsWith("-info.class")) {
                        continue;
                    }
                    var type = name.substring(0, name.length() - ".class".length());
                    Class.forName(
                            type.replace('/', '.'), false, TrainingRun.class.getClassLoader());
                }
            }
        }
    }
}
