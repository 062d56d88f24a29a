using System.Reflection;
using System.Text.Json.Serialization;
using PublicApiGenerator;
using Runner.Client;
using Runner.Messages;
using Runner.Proxy;

namespace Runner.Actors.Tests;

/// <summary>
/// What other programs can use of the client, as it is approved in a file: whoever changes it sees that, and says so. To approve a change, copy the
/// file that the failed test names over the one in PublicApi.
/// </summary>
public sealed class PublicApiTests
{
    [Fact]
    public void The_messages_are_as_approved() => Approved(typeof(Refusal).Assembly);

    [Fact]
    public void The_client_is_as_approved() => Approved(typeof(RunnerClient).Assembly);

    [Fact]
    public void The_proxy_is_as_approved() => Approved(typeof(RunnerProxyOptions).Assembly);

    private static void Approved(Assembly assembly)
    {
        var actual = assembly.GeneratePublicApi(new ApiGeneratorOptions
        {
            IncludeAssemblyAttributes = false,
            // What is generated at build time follows from the rest.
            IncludeTypes = [.. assembly.GetExportedTypes().Where(type => !type.IsAssignableTo(typeof(JsonSerializerContext)))],
        }).ReplaceLineEndings("\n").Trim();
        var name = assembly.GetName().Name + ".txt";
        var approved = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "PublicApi", name)).ReplaceLineEndings("\n").Trim();
        var received = Path.Combine(AppContext.BaseDirectory, "PublicApi", "received." + name);
        File.WriteAllText(received, actual + "\n");

        Assert.True(approved == actual, $"The public surface of {assembly.GetName().Name} is another than approved: {received}");
    }
}
