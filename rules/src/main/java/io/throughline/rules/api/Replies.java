package io.throughline.rules.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Requests taken on the event loop and answered on Vert.x' worker threads, as {@code {"status":"success","data":…}}. */
final class Replies {

  private static final JsonFactory JSON = new JsonFactory();
  private static final int MOST_BODY_BYTES = 64 << 10;

  private Replies() {}

  /** Writes what stands after {@code "data":}. */
  interface Data {
    void write(JsonGenerator out) throws IOException;
  }

  interface Endpoint {
    Data answer(RoutingContext context);
  }

  interface BodyEndpoint {
    Data answer(RoutingContext context, byte[] body);
  }

  static void get(Router router, String path, Endpoint endpoint) {
    router.route(HttpMethod.GET, path).handler(context -> answer(context, endpoint));
  }

  static void delete(Router router, String path, Endpoint endpoint) {
    router.route(HttpMethod.DELETE, path).handler(context -> answer(context, endpoint));
  }

  /** A request whose body is JSON; another site's form can post text without asking, and JSON not. */
  static void postJson(Router router, String path, BodyEndpoint endpoint) {
    router.route(HttpMethod.POST, path).handler(context -> {
      var type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
      if (type == null || !type.startsWith("application/json")) {
        context.fail(Failure.user("content-type is " + type + ", want application/json"));
        return;
      }
      var body = Buffer.buffer();
      context.request().handler(chunk -> {
        if (body.length() <= MOST_BODY_BYTES) {
          body.appendBuffer(chunk);
        }
      }).endHandler(_ -> {
        if (body.length() > MOST_BODY_BYTES) {
          context.fail(
              Failure.user("the body is too large, want at most " + MOST_BODY_BYTES + " bytes"));
        } else {
          answer(context, asked -> endpoint.answer(asked, body.getBytes()));
        }
      });
    });
  }

  private static void answer(RoutingContext context, Endpoint endpoint) {
    context.vertx()
        .executeBlocking(() -> json(endpoint.answer(context)), false)
        .onSuccess(body -> context.response()
            .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
            .end(body))
        .onFailure(failed -> {
          if (failed instanceof NotFound) {
            context.response()
                .setStatusCode(404)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(json("error", out -> {
                  out.writeStringField("errorType", "not_found");
                  out.writeStringField("error", failed.getMessage());
                }));
          } else {
            context.fail(failed);
          }
        });
  }

  /** What a path names is not there. */
  static final class NotFound extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotFound(String message) {
      super(message);
    }
  }

  private static Buffer json(Data data) {
    return json("success", out -> {
      out.writeFieldName("data");
      data.write(out);
    });
  }

  private static Buffer json(String status, Data rest) {
    var bytes = new ByteArrayOutputStream(4096);
    try (var out = JSON.createGenerator(bytes)) {
      out.writeStartObject();
      out.writeStringField("status", status);
      rest.write(out);
      out.writeEndObject();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return Buffer.buffer(bytes.toByteArray());
  }

  /** Whether a request is for the tenant whose rules these are; others have none. */
  static boolean owns(RoutingContext context, Tenant tenant) {
    var header = context.request().getHeader("X-Scope-OrgID");
    var asking = header == null || header.isEmpty() ? Tenant.DEFAULT : new Tenant(header);
    return asking.equals(tenant);
  }
}
