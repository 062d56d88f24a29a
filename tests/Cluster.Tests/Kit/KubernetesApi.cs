using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Runner.Cluster.Tests.Kit;

/// <summary>What a node asks of Kubernetes' API, by HTTPS with an authority of its own: the pods of a namespace with a label.</summary>
internal sealed class KubernetesApi : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly int _port;
    private readonly string _ca;

    private KubernetesApi(WebApplication server, string folder, int port, string ca)
    {
        (_server, _port, _ca) = (server, port, ca);
        TokenFile = Path.Combine(folder, "token");
        File.WriteAllText(TokenFile, Token);
    }

    /// <summary>The addresses of pods that run, and are not ready.</summary>
    public volatile string[] Pods = [];

    /// <summary>With what it answers.</summary>
    public volatile int Status = 200;

    /// <summary>What it answers in place of a list of pods; null for the list.</summary>
    public volatile string? Instead;

    public string Token => "a-token-of-a-service-account";

    public string TokenFile { get; }

    /// <summary>What a pod has in its environment.</summary>
    public string[] Environment => ["KUBERNETES_SERVICE_HOST=127.0.0.1", $"KUBERNETES_SERVICE_PORT={_port}"];

    /// <summary>Of whom its certificate is.</summary>
    public string Authority => _ca;

    public static async Task<KubernetesApi> StartAsync(string folder)
    {
        var own = new Certificates(folder);
        own.ApiOf("kubernetes");
        var certificate = X509Certificate2.CreateFromPemFile(
            Path.Combine(folder, "kubernetes-api.pem"), Path.Combine(folder, "kubernetes-api.key"));
        var port = ClusterKit.FreePort();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(
            k => k.ListenLocalhost(port, listen => listen.UseHttps(certificate)));
        var api = new KubernetesApi(builder.Build(), folder, port, own.Ca);
        api._server.Run(api.AnswerAsync);
        await api._server.StartAsync();
        return api;
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var status = request.Headers.Authorization != $"Bearer {Token}" ? 401
            : request.Path != "/api/v1/namespaces/jobs/pods" || request.Query["labelSelector"] != "app=runner" ? 404
            : Status;
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        var answer = status == 200
            ? new JsonObject
            {
                ["kind"] = "PodList", ["apiVersion"] = "v1", ["metadata"] = new JsonObject { ["resourceVersion"] = "5" },
                ["items"] = new JsonArray([.. Pods.Select(Pod)]),
            }
            : new JsonObject
            {
                ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Failure",
                ["message"] = "pods is forbidden", ["reason"] = "Forbidden", ["code"] = status,
            };
        await context.Response.WriteAsync(status == 200 && Instead is { } instead ? instead : answer.ToJsonString());
    }

    private static JsonNode Pod(string address) => JsonNode.Parse(
        $$"""
        {
          "metadata": { "name": "runner-{{address}}", "namespace": "jobs", "labels": { "app": "runner" },
            "creationTimestamp": "2026-11-01T10:00:00Z" },
          "spec": { "containers": [ { "name": "runner", "image": "runner" } ] },
          "status": { "phase": "Running", "podIP": "{{address}}", "podIPs": [ { "ip": "{{address}}" } ],
            "conditions": [ { "type": "Ready", "status": "False" } ],
            "containerStatuses": [ { "name": "runner", "ready": false, "restartCount": 0, "image": "runner", "imageID": "",
              "state": { "running": { "startedAt": "2026-11-01T10:00:01Z" } } } ] }
        }
        """)!;
}
