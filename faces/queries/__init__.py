"""What pages, reports and searches ask about faces. Everything is bounded."""
