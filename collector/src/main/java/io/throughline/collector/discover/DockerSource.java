package io.throughline.collector.discover;

import io.throughline.model.Labels;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Docker engine, alone or a manager of a swarm: containers with the service their labels name, their limits and
 * restarts, and how many copies of each swarm service are wanted and run.
 *
 * <pre>
 * throughline_docker_container_info              {container_id, name, image, service, node}
 * throughline_docker_container_cpu_limit_cores   {container_id}    also ..._memory_limit_bytes, ..._restarts_total
 * throughline_docker_service_replicas            {service}         also ..._replicas_running
 * </pre>
 *
 * <p>A service is {@code stack/name} of a swarm, {@code project/service} of Compose, else the container's own name.
 */
final class DockerSource implements Source {
  /** Containers whose limits are asked for; each is a request of its own. */
  private static final int MOST_INSPECTED = 500;
  private static final String JOB = "docker";

  private final EngineSocket socket;

  DockerSource(String path) {
    this.socket = new EngineSocket(path);
  }

  @Override
  public String name() {
    return "docker";
  }

  @Override
  public List<Told> read() throws IOException {
    var told = new ArrayList<Told>();
    var info = object("/info");
    var host = info.getString("Name", "");
    var containers = array("/containers/json");
    int inspected = 0;
    for (int i = 0; i < containers.size(); i++) {
      var container = containers.getJsonObject(i);
      var id = container.getString("Id", "");
      if (id.isEmpty()) {
        continue;
      }
      told.add(new Told(labels("throughline_docker_container_info", "container_id", id, "name",
          containerName(container), "image", container.getString("Image", ""), "service",
          service(container), "node", host), 1));
      if (inspected++ < MOST_INSPECTED) {
        limits(id, told);
      }
    }
    var swarm = info.getJsonObject("Swarm", new JsonObject());
    if (swarm.getBoolean("ControlAvailable", false)) {
      services(told);
    }
    return told;
  }

  private void limits(String id, List<Told> told) throws IOException {
    var container = object("/containers/" + id + "/json");
    var host = container.getJsonObject("HostConfig", new JsonObject());
    double cores = host.getLong("NanoCpus", 0L) / 1e9;
    if (cores == 0 && host.getLong("CpuQuota", 0L) > 0) {
      long period = host.getLong("CpuPeriod", 0L);
      cores = (double) host.getLong("CpuQuota", 0L) / (period == 0 ? 100_000 : period);
    }
    if (cores > 0) {
      told.add(new Told(labels("throughline_docker_container_cpu_limit_cores", "container_id", id),
          cores));
    }
    if (host.getLong("Memory", 0L) > 0) {
      told.add(
          new Told(labels("throughline_docker_container_memory_limit_bytes", "container_id", id),
              host.getLong("Memory", 0L)));
    }
    told.add(new Told(labels("throughline_docker_container_restarts_total", "container_id", id),
        container.getLong("RestartCount", 0L)));
  }

  private void services(List<Told> told) throws IOException {
    var running = new HashMap<String, Integer>();
    var tasks = array("/tasks?filters=%7B%22desired-state%22%3A%5B%22running%22%5D%7D");
    for (int i = 0; i < tasks.size(); i++) {
      var task = tasks.getJsonObject(i);
      if (task.getJsonObject("Status", new JsonObject()).getString("State", "").equals("running")) {
        running.merge(task.getString("ServiceID", ""), 1, Integer::sum);
      }
    }
    var services = array("/services");
    for (int i = 0; i < services.size(); i++) {
      var service = services.getJsonObject(i);
      var spec = service.getJsonObject("Spec", new JsonObject());
      var name = inStack(spec.getString("Name", ""), texts(spec.getJsonObject("Labels")));
      if (name.isEmpty()) {
        continue;
      }
      var replicated = spec.getJsonObject("Mode", new JsonObject()).getJsonObject("Replicated");
      if (replicated != null) {
        told.add(new Told(labels("throughline_docker_service_replicas", "service", name),
            replicated.getLong("Replicas", 1L)));
      }
      told.add(new Told(labels("throughline_docker_service_replicas_running", "service", name),
          running.getOrDefault(service.getString("ID", ""), 0)));
    }
  }

  private static String containerName(JsonObject container) {
    var names = container.getJsonArray("Names", new JsonArray());
    var name = names.isEmpty() ? "" : names.getString(0);
    return name.startsWith("/") ? name.substring(1) : name;
  }

  private static String service(JsonObject container) {
    var labels = texts(container.getJsonObject("Labels"));
    var swarm = labels.getOrDefault("com.docker.swarm.service.name", "");
    if (!swarm.isEmpty()) {
      return inStack(swarm, labels);
    }
    var compose = labels.getOrDefault("com.docker.compose.service", "");
    if (!compose.isEmpty()) {
      var project = labels.getOrDefault("com.docker.compose.project", "");
      return project.isEmpty() ? compose : project + "/" + compose;
    }
    return containerName(container);
  }

  /** A stack's services are called {@code stack_service}. */
  private static String inStack(String name, Map<String, String> labels) {
    var stack = labels.getOrDefault("com.docker.stack.namespace", "");
    return stack.isEmpty() || !name.startsWith(stack + "_")
        ? name
        : stack + "/" + name.substring(stack.length() + 1);
  }

  private static Map<String, String> texts(@Nullable JsonObject of) {
    var texts = new HashMap<String, String>();
    if (of != null) {
      of.forEach(entry -> texts.put(entry.getKey(), String.valueOf(entry.getValue())));
    }
    return texts;
  }

  private static Labels labels(String metric, String... pairs) {
    var labels = new Labels.Builder().set(Labels.NAME, metric).set("job", JOB);
    for (int i = 0; i < pairs.length; i += 2) {
      if (!pairs[i + 1].isEmpty()) {
        labels.set(pairs[i], pairs[i + 1]);
      }
    }
    return labels.build();
  }

  private JsonObject object(String target) throws IOException {
    try {
      return new JsonObject(socket.get(target));
    } catch (DecodeException | ClassCastException e) {
      throw new IOException(
          "GET " + target + " did not answer with a JSON object: " + e.getMessage(), e);
    }
  }

  private JsonArray array(String target) throws IOException {
    try {
      return new JsonArray(socket.get(target));
    } catch (DecodeException | ClassCastException e) {
      throw new IOException("GET " + target + " did not answer with a JSON list: " + e.getMessage(),
          e);
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
