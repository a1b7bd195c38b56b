package io.throughline.app.console;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why a file or a connection failed, in words for whoever typed its name; Java's own are a class and a path, or nothing. */
public final class Reason {

  private Reason() {}

  public static String of(IOException failed) {
    return switch (failed) {
      case NoSuchFileException _ -> "there is no such file or folder";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _,NotDirectoryException _ -> "it is not a folder";
      case DirectoryNotEmptyException _ -> "the folder is not empty";
      case UnknownHostException _ -> "no such host";
      case HttpTimeoutException _ -> "no answer in time";
      case ConnectException _ -> named(failed) ? "no such host" : "connection refused";
      default -> {
        var message = failed.getMessage();
        yield message == null || message.isBlank() ? failed.getClass().getSimpleName() : message;
      }
    };
  }

  /** Whether it was the name of the host that failed. */
  private static boolean named(Throwable failed) {
    for (var cause = failed.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException) {
        return true;
      }
    }
    return false;
  }
}
