using Microsoft.AspNetCore.Routing;
using Runner.Host.Http;
using Runner.Host.Http.OpenApi;
using Runner.Messages.Http;

namespace Runner.Host.Tests.Http.OpenApi;

/// <summary>The document by itself: it is whole, it is OpenAPI, it is the one in docs/.</summary>
public sealed class DocumentTests : IAsyncLifetime
{
    private readonly ApiFixture _api = new() { Filled = false };

    public Task InitializeAsync() => _api.InitializeAsync();

    public Task DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public void Every_route_is_described_where_it_is_mapped()
    {
        var missing = Routes.Where(r => r.Metadata.GetMetadata<Operation>() is null)
            .Select(r => $"{string.Join(',', r.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])} {r.RoutePattern.RawText}");
        Assert.True(!missing.Any(), $"Without a description: {string.Join("; ", missing)}. "
            + "Describe it in src/Messages/Http/Api.cs and map it by that; src/Host/Http/LimitsApi.cs is an example.");
    }

    [Fact]
    public async Task The_routes_of_the_document_are_those_of_the_server()
    {
        var contract = await ReadAsync();
        var routes = Routes
            .SelectMany(
                r => (r.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["any method"]).Select(m => $"{m} {r.RoutePattern.RawText}"));
        Assert.Equal(routes.Order(StringComparer.Ordinal), contract.Operations.Select(o => $"{o.Method} {o.Path}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task It_is_an_OpenAPI_document() => Assert.Empty(OpenApiStructure.Problems((await ReadAsync()).Document));

    [Fact]
    public async Task It_is_the_same_whenever_it_is_asked_for_and_the_one_in_the_documents()
    {
        var served = (await _api.SendAsync("GET", OpenApiRoute.Path, token: null)).Body;
        await using (var other = await OtherAsync())
        {
            Assert.Equal(served, (await other.SendAsync()).Body);
        }

        var kept = Path.Combine(Repository.Root, "docs", "openapi.json");
        if (!File.Exists(kept) || await File.ReadAllTextAsync(kept) != served)
        {
            var actual = Path.Combine(AppContext.BaseDirectory, "openapi.json");
            await File.WriteAllTextAsync(actual, served);
            Assert.Fail(
                $"docs/openapi.json is not what the node serves. That is in {actual}: if the difference is meant, copy it over docs/openapi.json.");
        }
    }

    [Fact]
    public void Every_refusal_has_the_status_in_the_document_that_it_is_answered_with()
    {
        foreach (var row in RefusalTests.Refusals)
        {
            var refusal = (Messages.Refusal)row[0];
            Assert.True(Refusals.All.TryGetValue(refusal.Code, out var documented), $"{refusal.Code} is not in Refusals.All.");
            Assert.Equal(RefusalMap.StatusOf(refusal), documented.Status);
        }
    }

    [Fact]
    public void Every_note_is_of_a_field_that_there_is()
    {
        foreach (var (type, field) in SchemaNotes.All.Keys)
        {
            var info = HttpJson.Default.GetTypeInfo(type) ?? Messages.Serialization.MessagesJson.Default.GetTypeInfo(type);
            Assert.True(info?.Properties.Any(p => p.Name == field), $"{type.Name} has no {field}.");
        }
    }

    /// <summary>Those of the API; the page to read it is none of it.</summary>
    private IEnumerable<RouteEndpoint> Routes =>
        _api.Routes.OfType<RouteEndpoint>()
            .Where(r => r.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not { ExcludeFromDescription: true });

    private async Task<ApiContract> ReadAsync() => new((await _api.SendAsync("GET", OpenApiRoute.Path, token: null)).Body);

    private static async Task<OtherServer> OtherAsync()
    {
        var fixture = new ApiFixture();
        await fixture.InitializeAsync();
        return new OtherServer(fixture);
    }

    private sealed class OtherServer(ApiFixture fixture) : IAsyncDisposable
    {
        public Task<Answer> SendAsync() => fixture.SendAsync("GET", OpenApiRoute.Path);

        public async ValueTask DisposeAsync() => await fixture.DisposeAsync();
    }
}
