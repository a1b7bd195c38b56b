package io.throughline.collector;

import com.google.protobuf.Message;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.throughline.collector.spans.SpanSummaries;
import io.throughline.model.Exemplar;
import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.throughline.model.relabel.Relabeled;
import io.throughline.model.yaml.Problem;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.grpc.common.MessageSizeOverflowException;
import io.vertx.grpc.common.WireFormat;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import io.vertx.grpc.server.GrpcServerRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The collector role of a process: its doors over HTTP and gRPC.
 *
 * <p>The event loop frames a request and hands its body to {@link Decoders}; the answer goes out when the
 * intake's acknowledgement has come. Status codes and messages: docs/reference/write-api.md.
 */
public final class CollectorRole implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CollectorRole.class);
  private static final String TENANT = "X-Scope-OrgID";
  private static final String V2 = "io.prometheus.write.v2.Request";

  private final CollectorSettings settings;
  private final Intake intake;
  private final InstantSource clock;
  private final Relabelings relabelings;
  private final Decoders decoders;
  private final ExemplarSink exemplars;
  private final TargetInfos targetInfos = new TargetInfos();
  private final SpanSummaries spans;

  /**
   * @param exemplars gets the exemplars of what was acknowledged
   * @throws Failure (USER) naming every mistake if the relabelling file is wrong
   */
  public CollectorRole(CollectorSettings settings, Intake intake, InstantSource clock, Meter meter,
      ExemplarSink exemplars) {
    this.exemplars = exemplars;
    this.settings = settings;
    this.intake = intake;
    this.clock = clock;
    this.spans = new SpanSummaries(clock.millis());
    this.relabelings = new Relabelings(settings, intake::forget, meter);
    var admission = new Admission(settings);
    var registration = new Registration(admission, relabelings);
    long hashKey = new SecureRandom().nextLong();
    var families = new Families();
    this.decoders = new Decoders(settings, intake,
        () -> new Decoders.Own(new RemoteWriteDecoder(admission, registration, hashKey, families),
            new OtlpDecoder(admission, registration, settings.identityFallback(), targetInfos,
                hashKey, intake.begin(Tenant.DEFAULT)),
            new SnappyBody()));
  }

  /** Adds the doors over HTTP: remote write and OTLP. */
  public void mount(Router router) {
    var body = bodies();
    for (var path : new String[] {"/api/v1/write", "/api/v1/push"}) {
      router.post(path).handler(body).handler(this::remoteWriteOnLoop).failureHandler(this::failed);
    }
    mountOtlp(router);
  }

  /** Reads bodies. What a request says of its size is believed up to 64 KiB, instead of growing an array to it. */
  private BodyHandler bodies() {
    return BodyHandler.create(false)
        .setBodyLimit(settings.maxBodyBytes())
        .setPreallocateBodyBuffer(true);
  }

  /** Adds the doors of OTLP alone, for a port of their own. */
  public void mountOtlp(Router router) {
    var body = bodies();
    for (var path : new String[] {"", "/api/v1/otlp"}) {
      router.post(path + "/v1/metrics")
          .handler(body)
          .handler(context -> otlpOnLoop(context, METRICS))
          .failureHandler(this::failed);
      router.post(path + "/v1/traces")
          .handler(body)
          .handler(context -> otlpOnLoop(context, TRACES))
          .failureHandler(this::failed);
      // Not 404: a sender's configuration is right, this collector keeps metrics and what spans say as metrics.
      router.post(path + "/v1/logs")
          .handler(context -> Answers.plain(context, 501,
              "this collector stores metrics; logs are not stored"));
    }
  }

  private static final OtlpExport<ExportMetricsServiceRequest, ExportMetricsServiceResponse> METRICS = OtlpExport
      .metrics();
  private static final OtlpExport<ExportTraceServiceRequest, ExportTraceServiceResponse> TRACES = OtlpExport
      .traces();

  /** What {@link #grpc} serves, as {@code service/Method}. */
  public List<String> grpcMethods() {
    return List.of(METRICS.method().fullMethodName(), TRACES.method().fullMethodName());
  }

  /** The doors over gRPC. */
  public Handler<HttpServerRequest> grpc(Vertx vertx) {
    return GrpcServer
        .server(vertx, new GrpcServerOptions().setMaxMessageSize(settings.maxDecodedBytes()))
        .callHandler(METRICS.method(), call -> grpcOnLoop(vertx, call, METRICS))
        .callHandler(TRACES.method(), call -> grpcOnLoop(vertx, call, TRACES));
  }

  /**
   * The door for telemetry of this very process: no network, the same rules, and a share of the limits that
   * is kept free for it, so that an overload does not hide itself.
   */
  public CompletionStage<Void> export(Tenant tenant, ExportMetricsServiceRequest request) {
    return decoders
        .submitReserved(own -> takeOtlp(own, tenant, intake.beginReserved(tenant), request))
        .thenApply(outcome -> null);
  }

  // ---- remote write ----

  private void remoteWriteOnLoop(RoutingContext context) {
    var request = context.request();
    var tenant = tenant(request);
    var type = orEmpty(request.getHeader("Content-Type"));
    boolean v2 = type.contains(V2);
    boolean known = type.isEmpty() || type.startsWith(Answers.PROTOBUF)
        && (!type.contains("proto=") || v2 || type.contains("prometheus.WriteRequest"));
    if (!known) {
      Answers.plain(context, 415,
          "content type '" + Admission.abbreviate(type) + "' is not known, want " + Answers.PROTOBUF
              + " or " + Answers.PROTOBUF + ";proto=" + V2);
      return;
    }
    var encoding = orEmpty(request.getHeader("Content-Encoding"));
    if (!encoding.isEmpty() && !encoding.equals("snappy")) {
      Answers.plain(context, 415,
          "content encoding '" + Admission.abbreviate(encoding) + "' is not known, want snappy");
      return;
    }
    var body = bytes(context.body().buffer());
    decoders.submit(body.length, own -> takeRemoteWrite(own, tenant, body, v2))
        .whenComplete((outcome, failed) -> context.vertx().runOnContext(ignored -> {
          if (context.response().ended() || context.response().closed()) {
            return;
          }
          if (failed != null) {
            Answers.plain(context, failed);
            return;
          }
          if (v2) {
            var headers = context.response().headers();
            headers.set("X-Prometheus-Remote-Write-Samples-Written", "" + outcome.samples);
            headers.set("X-Prometheus-Remote-Write-Histograms-Written", "" + outcome.histograms);
            headers.set("X-Prometheus-Remote-Write-Exemplars-Written", "" + outcome.exemplarsKept);
          }
          if (!outcome.anyRefused()) {
            context.response().setStatusCode(204).end();
          } else {
            Answers.plain(context, outcome.category().httpStatus(), outcome.summary());
          }
        }));
  }

  private CompletionStage<Outcome> takeRemoteWrite(Decoders.Own own, Tenant tenant,
      byte[] compressed, boolean v2) {
    var body = own.body();
    body.uncompress(compressed, settings.maxDecodedBytes());
    var request = intake.begin(tenant);
    var outcome = v2
        ? own.remoteWrite()
            .decodeV2(tenant, body.bytes(), 0, body.length(), request, clock.millis())
        : own.remoteWrite()
            .decodeV1(tenant, body.bytes(), 0, body.length(), request, clock.millis());
    relabelings.count(tenant, outcome);
    return request.commit().thenApply(done -> withExemplars(tenant, outcome));
  }

  /** Hands exemplars on, under the labels that their series are stored with. */
  private Outcome withExemplars(Tenant tenant, Outcome outcome) {
    for (var exemplar : outcome.exemplars) {
      if (relabelings.of(tenant).apply(exemplar.series()) instanceof Relabeled.Kept(var series)
          && exemplars.take(tenant,
              new Exemplar(series, exemplar.labels(), exemplar.timeMs(), exemplar.value()))) {
        outcome.exemplarsKept++;
      }
    }
    return outcome;
  }

  // ---- OTLP over HTTP ----

  private <Q extends Message, R extends Message> void otlpOnLoop(RoutingContext context,
      OtlpExport<Q, R> kind) {
    var request = context.request();
    var tenant = tenant(request);
    var type = orEmpty(request.getHeader("Content-Type"));
    boolean json = type.startsWith("application/json");
    if (!json && !type.startsWith(Answers.PROTOBUF)) {
      Answers.plain(context, 415, "content type '" + Admission.abbreviate(type)
          + "' is not known, want " + Answers.PROTOBUF + " or application/json");
      return;
    }
    var encoding = orEmpty(request.getHeader("Content-Encoding"));
    if (!encoding.isEmpty() && !encoding.equals("gzip") && !encoding.equals("identity")) {
      Answers.plain(context, 415, "content encoding '" + Admission.abbreviate(encoding)
          + "' is not known, want gzip or none");
      return;
    }
    var body = bytes(context.body().buffer());
    decoders.submit(body.length, own -> {
      var export = kind.parse(encoding.equals("gzip") ? gunzip(body) : body, json);
      return take(own, tenant, export);
    }).whenComplete((outcome, failed) -> context.vertx().runOnContext(ignored -> {
      if (context.response().ended() || context.response().closed()) {
        return;
      }
      if (failed != null) {
        Answers.otlp(context, json, failed);
      } else {
        Answers.exported(context, json, kind.response(outcome));
      }
    }));
  }

  private byte[] gunzip(byte[] compressed) {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(compressed))) {
      var out = new ByteArrayOutputStream(compressed.length * 4);
      var buffer = new byte[64 << 10];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (out.size() + read > settings.maxDecodedBytes()) {
          throw Failure.user("the body is more than " + settings.maxDecodedBytes()
              + " bytes uncompressed (collector.max-decoded-bytes); send smaller requests");
        }
        out.write(buffer, 0, read);
      }
      return out.toByteArray();
    } catch (IOException broken) {
      throw Failure.user("the body is not valid gzip: " + broken.getMessage());
    }
  }

  private CompletionStage<Outcome> take(Decoders.Own own, Tenant tenant, Message export) {
    if (export instanceof ExportMetricsServiceRequest metrics) {
      return takeOtlp(own, tenant, intake.begin(tenant), metrics);
    }
    var summary = spans.summarize(tenant, (ExportTraceServiceRequest) export, clock.millis());
    return takeOtlp(own, tenant, intake.begin(tenant), summary.metrics()).thenApply(outcome -> {
      if (summary.refused() > 0) {
        outcome.refuse(summary.refused(), summary.reason());
      }
      return outcome;
    });
  }

  private CompletionStage<Outcome> takeOtlp(Decoders.Own own, Tenant tenant, Intake.Request request,
      ExportMetricsServiceRequest export) {
    var due = new ArrayList<TargetInfos.Due>();
    var outcome = own.otlp().decode(tenant, export, request, clock.millis(), due);
    relabelings.count(tenant, outcome);
    return request.commit().thenApply(done -> {
      targetInfos.written(due);
      return withExemplars(tenant, outcome);
    });
  }

  // ---- OTLP over gRPC ----

  private <Q extends Message, R extends Message> void grpcOnLoop(Vertx vertx,
      GrpcServerRequest<Q, R> call, OtlpExport<Q, R> kind) {
    var response = call.response();
    var begun = new AtomicBoolean();
    call.errorHandler(error -> LOG.debug("a gRPC call was ended by its client reason={}", error));
    call.invalidMessageHandler(invalid -> {
      if (begun.compareAndSet(false, true)) {
        Answers.refuse(response,
            invalid instanceof MessageSizeOverflowException
                ? Failure.limit("the message is larger than " + settings.maxDecodedBytes()
                    + " bytes (collector.max-decoded-bytes); send smaller requests")
                : Failure.user("the body is no gRPC message: " + invalid.getMessage()));
      }
    });
    call.endHandler(end -> {
      if (begun.compareAndSet(false, true)) {
        Answers.refuse(response, Failure.user("the call ended before its message"));
      }
    });
    // The message as it came: taking it apart on the loop would hold up everybody, and a bomb would burst there.
    call.messageHandler(message -> {
      if (!begun.compareAndSet(false, true)) {
        return;
      }
      CompletionStage<Outcome> taken;
      try {
        var header = call.headers().get(TENANT);
        var tenant = header == null ? Tenant.DEFAULT : new Tenant(header);
        var body = message.payload().getBytes();
        boolean gzip = message.encoding().equals("gzip");
        boolean json = message.format() == WireFormat.JSON;
        taken = decoders.submit(body.length, own -> {
          var export = kind.parse(gzip ? gunzip(body) : body, json);
          return take(own, tenant, export);
        });
      } catch (Failure refused) {
        taken = CompletableFuture.failedFuture(refused);
      }
      var context = vertx.getOrCreateContext();
      taken.whenComplete((outcome, failed) -> context.runOnContext(ignored -> {
        if (failed == null) {
          response.end(kind.response(outcome));
          return;
        }
        Answers.refuse(response, Answers.failure(failed));
      }));
    });
  }

  private static Tenant tenant(HttpServerRequest request) {
    var header = request.getHeader(TENANT);
    return header == null ? Tenant.DEFAULT : new Tenant(header);
  }

  private static String orEmpty(@Nullable String header) {
    return header == null ? "" : header;
  }

  private static byte[] bytes(@Nullable Buffer buffer) {
    return buffer == null ? new byte[0] : buffer.getBytes();
  }

  private void failed(RoutingContext context) {
    if (context.statusCode() == 413) {
      Answers.plain(context, 413, "the body is larger than " + settings.maxBodyBytes()
          + " bytes (collector.max-body-bytes); send smaller requests");
      return;
    }
    Answers.plain(context,
        context.failure() == null
            ? Failure.user("the request cannot be served")
            : context.failure());
  }

  @Override
  public void close() {
    decoders.close();
    relabelings.close();
  }

  /** Reads the relabelling file anew; what is wrong with it, and the rules in force then stay. */
  public List<Problem> reload() {
    return relabelings.reload();
  }

  /** Why a write would be refused now, or "". */
  public String unavailableReason() {
    return intake.unavailableReason();
  }
}
