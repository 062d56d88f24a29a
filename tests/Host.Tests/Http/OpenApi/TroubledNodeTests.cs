using System.Text;
using Runner.Host.Http.OpenApi;
using Runner.Messages;

namespace Runner.Host.Tests.Http.OpenApi;

/// <summary>What every route answers while the node is in trouble is in the document, and the document says nothing that does not happen.</summary>
public sealed class TroubledNodeTests : IAsyncLifetime
{
    private static readonly string[] Troubles = ["internal", "node-starting", "node-stopping", "store-not-available", "store-full", "disk-low"];

    /// <summary>Routes that ask nothing that could fail; what any mistake inside would be answered with is documented all the same.</summary>
    private static readonly string[] Untroubled = ["getLiveness internal", "getOpenApi internal", "getNode internal"];

    private readonly ApiFixture _api = new() { Filled = false };

    public Task InitializeAsync() => _api.InitializeAsync();

    public Task DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Every_trouble_of_a_node_is_answered_where_and_as_the_document_says()
    {
        var contract = new ApiContract((await _api.SendAsync("GET", OpenApiRoute.Path, token: null)).Body);
        await AskAllAsync(contract);
        _api.Fill();
        _api.Node.FailWith = new InvalidOperationException("A mistake inside.");
        await AskAllAsync(contract);
        _api.Node.FailWith = null;
        foreach (var refusal in (Refusal[])[new StoreNotAvailable("The store is away."), new StoreIsFull("The disk is full."), new DiskLow(
            "The disk is nearly full.")])
        {
            _api.Node.RefuseWith = refusal;
            // A full store has to be able to answer what only reads.
            await AskAllAsync(contract, o => refusal is StoreNotAvailable || o.Codes.Contains(refusal.Code));
        }

        _api.Node.RefuseWith = null;
        _api.Slot.BeginStop();
        await AskAllAsync(
            contract, o => !o.Path.EndsWith("/events", StringComparison.Ordinal) && !o.Path.EndsWith("/logs", StringComparison.Ordinal));

        var documented = contract.Operations.SelectMany(o => o.Codes.Where(Troubles.Contains).Select(code => $"{o.Id} {code}"));
        var seen = contract.Seen.Where(s => Troubles.Contains(s.Split(' ')[1]));
        Assert.Equal(documented.Except(Untroubled).Order(StringComparer.Ordinal), seen);
        Assert.Contains("getReadiness 503", contract.Seen);
    }

    private async Task AskAllAsync(ApiContract contract, Func<DocumentedOperation, bool>? which = null)
    {
        using var http = new HttpClient(new ContractHandler(contract)) { BaseAddress = new Uri($"http://127.0.0.1:{_api.Port}") };
        http.DefaultRequestHeaders.Authorization = new("Bearer", ApiFixture.Token);
        foreach (var operation in contract.Operations.Where(which ?? (_ => true)))
        {
            var path = operation.Path.Replace("{run}", Guid.Empty.ToString(), StringComparison.Ordinal)
                .Replace("{flow}", "a", StringComparison.Ordinal)
                .Replace("{node}", "n", StringComparison.Ordinal)
                .Replace("{name}", "b", StringComparison.Ordinal);
            var query = operation.Path.EndsWith("/logs", StringComparison.Ordinal) ? "?stream=stdout" : "";
            using var request = new HttpRequestMessage(new HttpMethod(operation.Method), path + query);
            request.Content = Body(operation) is { } body ? new StringContent(body, Encoding.UTF8, "application/json") : null;
            Assert.False(
                request.Content is null && operation.Json["requestBody"]?["required"]?.GetValue<bool>() == true,
                $"{operation.Id} needs a body: give it one that is right in {nameof(Body)} here.");
            using var answer = await http.SendAsync(request);
            Assert.NotEmpty(await answer.Content.ReadAsStringAsync());
        }
    }

    /// <summary>A body that is right, where there has to be one.</summary>
    private static string? Body(DocumentedOperation operation) => operation.Id switch
    {
        "registerDeployments" => """[{"name":"a/b","command":["x"],"workdir":"/"}]""",
        "setLimit" => """{"size":1}""",
        "skipEvent" => """{"entity":"Limiter/limiter","number":1}""",
        _ => null,
    };
}
