using Runner.Cluster.Tests.Kit;

namespace Runner.Cluster.Tests;

/// <summary>Real nodes with addresses from a server that answers as Kubernetes' API does, by HTTPS. Each has its own address, as a pod.</summary>
public sealed class KubernetesTests
{
    [Fact]
    public async Task Pods_that_start_together_form_one_cluster_and_what_keeps_another_from_it_is_said()
    {
        await using var kit = await ClusterKit.CreateAsync();
        await using var api = await KubernetesApi.StartAsync(Path.Combine(kit.Root, "kubernetes"));
        var port = ClusterKit.FreePort();
        ClusterNode Pod(string name, int n, string[] environment, string? token = null, string? authority = null) => kit.Start(
            name, new NodePlace($"127.0.0.{n}", ["env", .. environment]), "runner.cluster.join = kubernetes", $"runner.cluster.port = {port}",
            $"akka.discovery.kubernetes-api {{ pod-namespace = jobs, api-token-path = \"{token ?? api.TokenFile}\" }}",
            $"akka.discovery.kubernetes-api.api-ca-path = \"{authority ?? api.Authority}\"");

        api.Pods = ["127.0.0.2", "127.0.0.3"];
        ClusterNode[] first = [Pod("n2", 2, api.Environment), Pod("n3", 3, api.Environment)];
        await Task.WhenAll(first.Select(n => n.SaysAsync("This node is a member of its cluster")));

        api.Status = 403;
        string[] elsewhere = [api.Environment[0], $"KUBERNETES_SERVICE_PORT={ClusterKit.FreePort()}"];
        var other = new Certificates(Path.Combine(kit.Root, "other"));
        (ClusterNode Node, string Says)[] waiting =
        [
            (Pod("n4", 4, api.Environment), "Kubernetes' API refuses to list pods (403); give the pod's service account a role"),
            (Pod("n5", 5, api.Environment, authority: other.Ca), "the certificate of Kubernetes' API is not of an authority in"),
            (Pod("n6", 6, api.Environment, "/no/token"), "there is no file /no/token with a token for Kubernetes' API"),
            (Pod("n7", 7, elsewhere), "is not reached (ConnectionRefused)"),
        ];
        var outside = Pod("n8", 8, []);
        Assert.Equal(1, await outside.EndsAsync());
        Assert.Contains("error: The variable KUBERNETES_SERVICE_HOST is not set", outside.Output, StringComparison.Ordinal);
        await Task.WhenAll(waiting.Select(w => w.Node.SaysAsync(w.Says)));
        await Task.WhenAll(waiting[1..].Select(w => w.Node.KillAsync()));

        // Something else that listens there.
        (api.Instead, api.Status) = ("<html>", 200);
        await waiting[0].Node.SaysAsync("is not Kubernetes' API, or broke off");
        api.Instead = "{}";

        // A namespace with nobody, said in the shortest way; then the pods, of which this one came later.
        await waiting[0].Node.SaysAsync("it waits for a running pod with the label app=runner to be a member");
        (api.Pods, api.Instead) = (["127.0.0.4", "127.0.0.3", "127.0.0.2"], null);
        await waiting[0].Node.SaysAsync("This node is a member of its cluster");

        Assert.Equal(["n2", "n3", "n4"], await kit.QueryAsync("SELECT name FROM nodes WHERE status = 'up' ORDER BY name"));
        Assert.Single(await kit.QueryAsync("SELECT DISTINCT cluster FROM nodes WHERE status = 'up'"));
        Assert.All(first.Concat(waiting.Select(w => w.Node)), n => Assert.DoesNotContain(api.Token, n.Output, StringComparison.Ordinal));
    }
}
