using System.CommandLine;
using System.IO.Compression;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;

namespace Runner.Cli.Commands;

/// <summary><c>runner backup FILE</c>.</summary>
internal static class BackupCommand
{
    public static Command Create(ClientCommand client)
    {
        var file = new Argument<string>("FILE") { Description = "The backup: a tar archive, compressed if the name ends in .gz." };
        var noOutput = Values.Flag("--no-output", "Leave out the output of runs.");
        var force = Values.Flag("--force", "Replace FILE if it is there.");
        var command = new Command("backup", "Copy everything a node has into one file, while it works.") { file, noOutput, force };
        return client.With(command, "runner backup runner.tar.gz", async call =>
        {
            var path = Path.GetFullPath(call.Get(file));
            await using var target = NewFile.Create(path, call.Get(force));
            var progress = new Progress(call.Context, call.Json);
            string? leftOut = null;
            await using (var to = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                ? new GZipStream(target.Content, CompressionLevel.Fastest, leaveOpen: true)
                : (Stream)new KeptOpen(target.Content))
            {
                await call.Client.BackupAsync(
                    to, !call.Get(noOutput), bytes => progress.Show(() => $"{Sizes.Text(bytes)} received"), text => leftOut = text, call.Cancel)
                    .ConfigureAwait(false);
            }

            var written = target.Content.Length;
            await target.CompleteAsync(call.Get(force)).ConfigureAwait(false);
            progress.End();
            if (leftOut is not null)
            {
                call.Context.WriteErrorLine($"Left out of it, since a program has replaced it or closed it to the node: {Printable.Line(leftOut)}.");
            }

            return call.Say(
                new BackupDone(path, written, leftOut), CliJson.Default.BackupDone,
                _ => $"Backed up to {Printable.Line(path)} ({Sizes.Text(written)}). "
                    + $"`runner restore {Printable.Line(call.Get(file))}` makes a data folder of it.");
        });
    }

    /// <summary>The file itself where nothing stands before it: closing this leaves it open.</summary>
    private sealed class KeptOpen(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer, cancellationToken);
    }
}
