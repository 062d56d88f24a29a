using Runner.Cli;
using Runner.Hocon;
using Runner.Hocon.Loading;
using Runner.Host.Configuration;

namespace Runner.Host.Commands;

/// <summary>`runner config render FILE`: what a file resolves to, as JSON.</summary>
internal sealed class ConfigRender(HostEnvironment environment)
{
    /// <returns>The exit code: 1 if the file is missing or wrong.</returns>
    public int Run(string file)
    {
        try
        {
            var options = new HoconOptions { Includes = FileIncludes.Instance, Environment = environment.Variable };
            environment.Output.Write(Secrets.Without(HoconDocument.Load(file, options).Root).ToJson(indented: true) + "\n");
            environment.Output.Flush();
            return ExitCodes.Success;
        }
        catch (HoconException e)
        {
            environment.Error.Write($"{environment.ErrorStyle.Red("error:")} {e.Message}\n");
            environment.Error.Flush();
            return ExitCodes.Error;
        }
    }
}
