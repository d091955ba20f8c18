"""How things are made now; loads no decoder, so any process may ask."""

# It grows when a probe finds out more than before: every file is then read again, when nothing else waits.
PROBE_VERSION = 2
# Part of the pictures' input key and of signatures: it grows when either is made in another way. Signatures of
# different versions don't compare; upkeep makes the older ones anew, pictures with them.
FRAMES_VERSION = 2
# The same of previews, and of the pictures and clips of marks.
PREVIEW_VERSION = 1
MARKER_VERSION = 1
# Of how streams are made of files: another one makes all parts anew.
STREAM_VERSION = 1
# Of the WebVTT made from subtitles.
SUBTITLES_VERSION = 1
