package io.throughline.collector;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsPartialSuccess;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.throughline.model.Failure;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One kind of OTLP export: its method over gRPC, how a body becomes a request, how an outcome becomes a response.
 *
 * @param <Q> the request's message
 * @param <R> the response's
 */
final class OtlpExport<Q extends Message, R extends Message> {

  /** Reads a binary message of one type. */
  private interface Reader<Q> {
    Q read(byte[] body) throws InvalidProtocolBufferException;
  }

  private final String what;
  private final ServiceMethod<Q, R> method;
  private final Reader<Q> reader;
  private final Supplier<Message.Builder> builder;
  private final Class<Q> type;
  private final Function<Outcome, R> answer;

  private OtlpExport(String what, ServiceMethod<Q, R> method, Reader<Q> reader,
      Supplier<Message.Builder> builder, Class<Q> type, Function<Outcome, R> answer) {
    this.what = what;
    this.method = method;
    this.reader = reader;
    this.builder = builder;
    this.type = type;
    this.answer = answer;
  }

  static OtlpExport<ExportMetricsServiceRequest, ExportMetricsServiceResponse> metrics() {
    return new OtlpExport<>("metrics",
        ServiceMethod.server(
            ServiceName.create("opentelemetry.proto.collector.metrics.v1", "MetricsService"),
            "Export", GrpcMessageEncoder.<ExportMetricsServiceResponse>encoder(),
            GrpcMessageDecoder.decoder(ExportMetricsServiceRequest.newBuilder())),
        ExportMetricsServiceRequest::parseFrom, ExportMetricsServiceRequest::newBuilder,
        ExportMetricsServiceRequest.class, outcome -> {
          var response = ExportMetricsServiceResponse.newBuilder();
          if (outcome.anyRefused()) {
            response.setPartialSuccess(ExportMetricsPartialSuccess.newBuilder()
                .setRejectedDataPoints(outcome.refused)
                .setErrorMessage(outcome.summary()));
          }
          return response.build();
        });
  }

  static OtlpExport<ExportTraceServiceRequest, ExportTraceServiceResponse> traces() {
    return new OtlpExport<>("traces",
        ServiceMethod.server(
            ServiceName.create("opentelemetry.proto.collector.trace.v1", "TraceService"), "Export",
            GrpcMessageEncoder.<ExportTraceServiceResponse>encoder(),
            GrpcMessageDecoder.decoder(ExportTraceServiceRequest.newBuilder())),
        ExportTraceServiceRequest::parseFrom, ExportTraceServiceRequest::newBuilder,
        ExportTraceServiceRequest.class, outcome -> {
          var response = ExportTraceServiceResponse.newBuilder();
          if (outcome.anyRefused()) {
            response.setPartialSuccess(ExportTracePartialSuccess.newBuilder()
                .setRejectedSpans(outcome.refused)
                .setErrorMessage(outcome.summary()));
          }
          return response.build();
        });
  }

  ServiceMethod<Q, R> method() {
    return method;
  }

  R response(Outcome outcome) {
    return answer.apply(outcome);
  }

  /** @throws Failure USER where the body is no such request */
  Q parse(byte[] body, boolean json) {
    try {
      if (!json) {
        return reader.read(body);
      }
      var message = builder.get();
      JsonFormat.parser()
          .ignoringUnknownFields()
          .merge(new String(body, StandardCharsets.UTF_8), message);
      return type.cast(message.build());
    } catch (InvalidProtocolBufferException | RuntimeException | StackOverflowError broken) {
      throw Failure.user("the body is not an OTLP " + what + " export: "
          + Admission.abbreviate(String.valueOf(broken.getMessage())));
    }
  }
}
