using System.Collections.Immutable;
using Runner.Actors.FlowRunners;

namespace Runner.Actors.Tests.FlowRunners;

public sealed class ProgramEnvironmentTests
{
    [Theory]
    [InlineData("PATH", "PATH", true)]
    [InlineData("PATH", "PATHS", false)]
    [InlineData("LC_*", "LC_ALL", true)]
    [InlineData("LC_*", "LC_", true)]
    [InlineData("LC_*", "XLC_ALL", false)]
    [InlineData("*_PROXY", "HTTP_PROXY", true)]
    [InlineData("*A*B*", "xAyyBz", true)]
    [InlineData("*A*B*", "xByyAz", false)]
    [InlineData("*aab", "aaaab", true)]
    [InlineData("*", "", true)]
    [InlineData("A?", "AB", false)]
    public void Names_match_with_stars(string pattern, string name, bool isGiven) =>
        Assert.Equal(isGiven, new ProgramEnvironment([pattern], []).Gives(name, null));

    [Theory]
    [InlineData("RUNNER_LISTEN")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS")]
    [InlineData("INVOCATION_ID")]
    [InlineData("JOURNAL_STREAM")]
    [InlineData("LISTEN_FDS")]
    [InlineData("LISTEN_PID")]
    [InlineData("LISTEN_FDNAMES")]
    [InlineData("NOTIFY_SOCKET")]
    [InlineData("WATCHDOG_USEC")]
    [InlineData("CREDENTIALS_DIRECTORY")]
    [InlineData("DOTNET_DiagnosticPorts")]
    [InlineData("DB_SECRET")]
    public void The_nodes_own_is_never_given_whoever_names_it(string name)
    {
        var environment = ProgramEnvironment.Default with { Secrets = ["DB_SECRET"] };
        Assert.False(environment.Gives(name, null));
        Assert.False(environment.Gives(name, [name]));
        Assert.True(environment.Gives("HOME", null));
    }

    [Fact]
    public void A_deployment_goes_before_its_node()
    {
        var environment = ProgramEnvironment.Default with { Inherit = ["A"] };
        Assert.True(environment.Gives("A", null));
        Assert.False(environment.Gives("A", ["B"]));
        Assert.True(environment.Gives("B", ["B"]));
        Assert.False(environment.Gives("A", ImmutableArray<string>.Empty));
    }

    [Theory]
    [InlineData("")]
    [InlineData("A=B")]
    [InlineData("A\0")]
    [InlineData("A\n")]
    public void What_is_no_name_is_said(string name) => Assert.NotNull(ProgramEnvironment.ProblemOf(name));
}
