# The image of server, node agent and sidecar that the chart in helm/ names. From a built clone:
#
#   ./throughline build && docker build -t throughline:0.1.0 .
#
# ImageIT does by hand what this file says, and runs what comes of it.
FROM eclipse-temurin:25-jdk
COPY LICENSE NOTICE throughline /opt/throughline/
COPY conf/jvm.options /opt/throughline/conf/
COPY agent/node-agent /opt/throughline/bin/
COPY app/target/lib /opt/throughline/app/target/lib
COPY app/target/throughline-app-0.1.0-SNAPSHOT.jar /opt/throughline/app/target/
ENV THROUGHLINE_NO_BUILD=1
USER 10001
ENTRYPOINT ["/opt/throughline/throughline"]
