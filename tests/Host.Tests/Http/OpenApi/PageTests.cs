using System.Text.RegularExpressions;
using Runner.Host.Http.OpenApi;

namespace Runner.Host.Tests.Http.OpenApi;

/// <summary>The page to read the API: it is there without a token, and comes from the node alone.</summary>
public sealed partial class PageTests : IAsyncLifetime
{
    private readonly ApiFixture _api = new() { Filled = false };

    public Task InitializeAsync() => _api.InitializeAsync();

    public Task DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task It_needs_no_token_and_reads_the_nodes_document()
    {
        var page = await GetAsync(OpenApiPage.Path + "/");

        Assert.Contains(OpenApiRoute.Path.TrimStart('/'), page, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i)https?:|[\"'(]//", page);
    }

    [Fact]
    public async Task What_it_loads_is_served_by_the_node()
    {
        var sources = Source().Matches(await GetAsync(OpenApiPage.Path + "/")).Select(m => m.Groups[1].Value).ToArray();

        Assert.NotEmpty(sources);
        foreach (var source in sources)
        {
            Assert.NotEmpty(await GetAsync($"{OpenApiPage.Path}/{source}"));
        }
    }

    [Fact]
    public async Task The_browser_may_call_no_other_host_for_it_and_run_no_other_script()
    {
        using var http = new HttpClient();
        var url = new Uri($"http://127.0.0.1:{_api.Port}{OpenApiPage.Path}/");
        using var first = await http.GetAsync(url);
        using var second = await http.GetAsync(url);

        var policy = Assert.Single(first.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self' 'nonce-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.DoesNotContain('*', policy);
        Assert.NotEqual(policy, Assert.Single(second.Headers.GetValues("Content-Security-Policy")));
        Assert.Contains(
            policy.Split("nonce-")[1].Split('\'')[0], System.Net.WebUtility.HtmlDecode(await first.Content.ReadAsStringAsync()),
            StringComparison.Ordinal);
    }

    private async Task<string> GetAsync(string path)
    {
        var answer = await _api.SendAsync("GET", path, token: null);
        Assert.Equal(200, answer.Status);
        return answer.Body;
    }

    [GeneratedRegex("src=\"([^\"]+)\"")]
    private static partial Regex Source();
}
