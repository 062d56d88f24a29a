using System.CommandLine;
using System.IO.Compression;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;

namespace Runner.Cli.Commands;

/// <summary><c>runner backup FILE</c>.</summary>
internal static class BackupCommand
{
    /// <summary>How much arrives between two looks at the progress.</summary>
    private const long Step = 1 << 20;

    public static Command Create(ClientCommand client)
    {
        var file = new Argument<string>("FILE") { Description = "The backup: a tar archive, compressed if the name ends in .gz." };
        var noOutput = Values.Flag("--no-output", "Leave out the output of runs.");
        var force = Values.Flag("--force", "Replace FILE if it is there.");
        var command = new Command("backup", "Copy everything a node has into one file, while it works.") { file, noOutput, force }
            .WithExample("runner backup runner.tar.gz");
        return client.With(command, async call =>
        {
            var path = Path.GetFullPath(call.Get(file));
            await using var target = NewFile.Create(path, call.Get(force));
            var progress = new Progress(call.Context);
            string? leftOut = null;
            await using (var to = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                ? new GZipStream(target.Content, CompressionLevel.Fastest, leaveOpen: true)
                : (Stream)new KeptOpen(target.Content))
            {
                await call.Client.BackupAsync(to, !call.Get(noOutput), progress.Show, text => leftOut = text, call.Cancel).ConfigureAwait(false);
            }

            var bytes = target.Content.Length;
            await target.CompleteAsync(call.Get(force)).ConfigureAwait(false);
            progress.End();
            if (leftOut is not null)
            {
                call.Context.WriteErrorLine($"Left out of it, since a program has replaced it or closed it to the node: {Printable.Line(leftOut)}.");
            }

            if (call.Json)
            {
                call.Context.WriteJson(new BackupDone(path, bytes, leftOut), CliJson.Default.BackupDone);
            }
            else
            {
                call.Context.WriteLine($"Backed up to {Printable.Line(path)} ({Sizes.Text(bytes)}). `runner restore {Printable.Line(call.Get(file))}` makes a data folder of it.");
            }

            return ExitCodes.Success;
        });
    }

    /// <summary>One line that is written over, for a person at a terminal only.</summary>
    private sealed class Progress(CliContext context)
    {
        private long _shown;

        public void Show(long bytes)
        {
            if (context.ErrorIsTerminal && bytes - _shown >= Step)
            {
                _shown = bytes;
                context.WriteError($"\r{Sizes.Text(bytes)} received");
            }
        }

        public void End()
        {
            if (_shown > 0)
            {
                context.WriteError("\r\u001b[K");
            }
        }
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

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);
    }
}
