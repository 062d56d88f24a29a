using Runner.Actors.FlowRunners.Portable;
using Serilog;

namespace Runner.Actors.FlowRunners;

/// <summary>Chooses the flow runner for processes of this machine.</summary>
public static class LocalFlowRunner
{
    /// <summary>
    /// <see cref="SubprocessFlowRunner"/> on Linux; elsewhere one on what every system offers, see <see cref="PortableFlowRunner"/>
    /// for what it cannot do. Dispose of it to leave the processes running.
    /// </summary>
    public static IFlowRunner Create(SubprocessOptions options, ILogger? log = null) =>
        OperatingSystem.IsLinux() ? new SubprocessFlowRunner(options, log) : new PortableFlowRunner(options, log);
}
