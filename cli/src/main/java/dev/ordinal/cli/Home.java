package dev.ordinal.cli;

import java.nio.file.Path;

/// Where this distribution is.
final class Home {
    private Home() {}

    /// The folder with the libraries, the cache and the examples' image.
    static Path folder() {
        return Path.of(System.getProperty("ordinal.home", ".")).toAbsolutePath().normalize();
    }

    /// The manifests of the worked example.
    static Path example() {
        return Path.of(System.getProperty("ordinal.examples", "examples"))
                .resolve("visits")
                .resolve("manifests");
    }

    /// The image of the worked example.
    static Path image() {
        return Path.of(System.getProperty("ordinal.image", "visits/target/visits-image.tar"));
    }
}
