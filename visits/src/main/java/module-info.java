/// The sample application, as a module so that it is linked into its own small Java.
module dev.visits {
    requires jdk.httpserver;
    requires static org.jspecify;
}
