package dev.ordinal.node.image;

import java.io.IOException;

/// An archive is no image, or a damaged or hostile one.
public final class ImageException extends IOException {
    private static final long serialVersionUID = 1;

    ImageException(String message) {
        super(message);
    }
}
