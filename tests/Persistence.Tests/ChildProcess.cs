using System.Diagnostics;

namespace Runner.Persistence.Tests;

/// <summary>Runs this assembly's <see cref="Program"/> in a process of its own.</summary>
internal static class ChildProcess
{
    private static string Assembly => typeof(ChildProcess).Assembly.Location;

    // The test host itself runs under dotnet, except where it has a program of its own.
    private static string Dotnet => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";

    public static Process Start(string scenario, string argument) => Start(Dotnet, "exec", Assembly, scenario, argument);

    /// <summary>
    /// Runs a scenario with a small file system of its own, mounted at the directory for it and its children only, gone when it ends.
    /// </summary>
    public static async Task RunOnSmallDiskAsync(string scenario, string directory)
    {
        const string script = """mount -t tmpfs -o size=4m none "$0" && exec "$1" exec "$2" "$3" "$0" """;
        using Process process = Start("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, directory, Dotnet, Assembly, scenario);
        string[] output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, string.Concat(output));
    }

    /// <summary>Runs a program to its end; throws if it fails.</summary>
    public static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        string[] output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, string.Concat(output));
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
