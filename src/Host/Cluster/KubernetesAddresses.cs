using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using k8s;
using k8s.Authentication;
using k8s.Autorest;
using k8s.Models;
using Runner.Host.Configuration;

namespace Runner.Host.Cluster;

/// <summary>
/// Addresses of nodes from Kubernetes: of the pods that run and have the label, whether they are ready or not, since a node is ready when it has
/// joined. Whoever is a member of the cluster, and who forms it, says the database.
/// </summary>
/// <remarks>
/// It goes by the settings of Akka.Discovery.KubernetesApi, and asks by the client that Kubernetes publishes: docs/akka.md says why not by that
/// plugin.
/// </remarks>
internal sealed class KubernetesAddresses : IPeerAddresses
{
    private const string Section = "akka.discovery.kubernetes-api";
    private const string ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount/";

    /// <summary>An API that answers does so in milliseconds; whoever joins asks again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Uri _api;
    private readonly string _tokenFile;
    private readonly string _authorityFile;
    private readonly string? _namespace;
    private readonly string _namespaceFile;
    private readonly string _selector;
    private readonly Address _own;
    private readonly TimeProvider _time;

    /// <param name="own">The node's own address: all nodes have its port.</param>
    /// <exception cref="NodeStartException">The node is in no pod.</exception>
    public KubernetesAddresses(Akka.Configuration.Config config, Address own, TimeProvider time)
    {
        var section = config.GetConfig(Section);
        string Setting(string key, string otherwise) => section?.GetString(key) is { Length: > 0 } said ? said : otherwise;
        _api = new UriBuilder("https", Variable(Setting("api-service-host-env-name", "KUBERNETES_SERVICE_HOST")))
        {
            Port = Port(Setting("api-service-port-env-name", "KUBERNETES_SERVICE_PORT")),
        }.Uri;
        _tokenFile = Setting("api-token-path", ServiceAccount + "token");
        _authorityFile = Setting("api-ca-path", ServiceAccount + "ca.crt");
        _namespaceFile = Setting("pod-namespace-path", ServiceAccount + "namespace");
        _namespace = Setting("pod-namespace", "") is { Length: > 0 } name ? name : null;
        // As the plugin has it: {0} stands for the name of the actor system.
        _selector = Setting("pod-label-selector", "app={0}").Replace("{0}", AkkaComposition.SystemName, StringComparison.Ordinal);
        (_own, _time) = (own, time);
    }

    /// <inheritdoc/>
    public string None => $"a running pod with the label {_selector} to be a member (see {Section}.pod-label-selector and runner.cluster.host)";

    /// <inheritdoc/>
    public async Task<ImmutableHashSet<string>> FindAsync()
    {
        Needs(_tokenFile, "with a token for Kubernetes' API", "api-token-path");
        Needs(_authorityFile, "with the authority of Kubernetes' API", "api-ca-path");
        if (_namespace is null)
        {
            Needs(_namespaceFile, "with the namespace of the pod", "pod-namespace");
        }

        try
        {
            using var cancel = new CancellationTokenSource(Patience, _time);
            var name = _namespace ?? (await File.ReadAllTextAsync(_namespaceFile, cancel.Token).ConfigureAwait(false)).Trim();
            var authority = new X509Certificate2Collection();
            authority.ImportFromPemFile(_authorityFile);
            // Anew each time: Kubernetes replaces its token and its authority while a pod runs.
            using var client = new Kubernetes(new KubernetesClientConfiguration
            {
                Host = _api.ToString(), SslCaCerts = authority, TokenProvider = new TokenFileAuth(_tokenFile),
            });
            var pods = await client.CoreV1.ListNamespacedPodAsync(name, labelSelector: _selector, cancellationToken: cancel.Token)
                .ConfigureAwait(false);
            return [.. (pods?.Items ?? []).Where(pod => pod.Status?.Phase == "Running" && pod.Metadata?.DeletionTimestamp is null)
                .SelectMany(AddressesOf)];
        }
        catch (Exception e)
        {
            // Whatever it is, it keeps this node from joining for as long as it lasts, and from nothing else.
            throw new PeersNotFoundException(Reason(e), e);
        }
    }

    private IEnumerable<string> AddressesOf(V1Pod pod) =>
        (pod.Status.PodIPs ?? []).Select(p => p.Ip).Append(pod.Status.PodIP).Where(ip => !string.IsNullOrEmpty(ip)).Distinct()
            .Select(ip => _own.WithHost(ip).ToString());

    private static void Needs(string file, string what, string setting)
    {
        if (!File.Exists(file))
        {
            throw new PeersNotFoundException(
                $"there is no file {file} {what}; give the pod a service account, and let it be mounted (automountServiceAccountToken), or set "
                + $"{Section}.{setting}");
        }
    }

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) is { } value && !string.IsNullOrWhiteSpace(value)
        ? value
        : throw new NodeStartException(
            $"The variable {name} is not set, which Kubernetes gives every pod, so this node does not know where its API is. "
            + $"Start it in a pod, or set {NodeSetting.ClusterJoin.Path} = database.");

    private static int Port(string name) => ushort.TryParse(Variable(name), out var port) && port > 0
        ? port
        : throw new NodeStartException(
            $"The variable {name} is '{Variable(name)}' and not a port, so this node does not know where Kubernetes' API is. "
            + $"Start it in a pod, or set {NodeSetting.ClusterJoin.Path} = database.");

    /// <summary>What an answer of the API, or none, means to whoever runs the node. What the API or its client wrote is not repeated.</summary>
    private string Reason(Exception failure)
    {
        List<Exception> causes = [];
        for (var e = failure; e is not null; e = e.InnerException)
        {
            causes.Add(e);
        }

        if (causes.OfType<HttpOperationException>().FirstOrDefault() is { Response.StatusCode: var status })
        {
            return status switch
            {
                HttpStatusCode.Forbidden => "Kubernetes' API refuses to list pods (403); give the pod's service account a role with get, list and "
                    + "watch of pods",
                HttpStatusCode.Unauthorized => "Kubernetes' API does not take the pod's token (401); see to the pod's service account",
                _ => $"Kubernetes' API answers {(int)status} when pods are listed; see to the API",
            };
        }

        return causes.OfType<AuthenticationException>().Any()
                ? $"the certificate of Kubernetes' API is not of an authority in {_authorityFile}; see that the service account's ca.crt is mounted"
            : causes.OfType<CryptographicException>().Any() ? $"{_authorityFile} is no certificate; see that the service account's ca.crt is mounted"
            : causes.OfType<SocketException>().FirstOrDefault() is { } socket
                ? $"Kubernetes' API at {_api.Authority} is not reached ({socket.SocketErrorCode}); see to the network and its policies"
            : causes.OfType<UnauthorizedAccessException>().Any() ? $"{_tokenFile}, or a file beside it, may not be read; see to the pod's fsGroup"
            : failure is OperationCanceledException
                ? $"Kubernetes' API at {_api.Authority} has not answered within {Patience.TotalSeconds:0} s; see to the network and its policies"
            : failure is HttpRequestException or IOException or System.Text.Json.JsonException
                ? $"what answers at {_api.Authority} is not Kubernetes' API, or broke off ({causes[^1].GetType().Name}); see to the API"
            : $"Kubernetes' API at {_api.Authority} cannot be asked ({failure.GetType().Name}); see to {_tokenFile} and to the API";
    }
}
